"""A mail that takes its worker down is told from one that a server puts off: it is given up on."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261123_crashed_mails"
down_revision: str | None = "20261123_held_syncs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("crashes", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("mail", "crashes")

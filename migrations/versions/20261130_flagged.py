"""A letter that was written knowing of illness or pain leaves; any other word on training waits."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_flagged"
down_revision: str | None = "20261130_exertion"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("flagged", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("mail", "flagged")

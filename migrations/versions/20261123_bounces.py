"""A mail knows that it came back, and why."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261123_bounces"
down_revision: str | None = "20261123_backfill"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("bounced", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("mail", "bounced")

"""A sync in hand is told from one that was only asked for: nobody begins it a second time."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261123_held_syncs"
down_revision: str | None = "20261123_bounces"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("athlete", sa.Column("sync_held_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("athlete", "sync_held_until")

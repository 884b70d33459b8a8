"""Nights that were tried too often are parked, as syncs are."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261123_parked_nights"
down_revision: str | None = "20261123_switch"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("athlete", sa.Column("night_parked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("athlete", "night_parked_at")

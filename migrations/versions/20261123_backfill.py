"""When more of an athlete's past may be read."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261123_backfill"
down_revision: str | None = "20261123_second_factor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("athlete", sa.Column("backfill_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_athlete_backfill_at",
        "athlete",
        ["backfill_at"],
        unique=False,
        postgresql_where=sa.text("backfill_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_athlete_backfill_at", "athlete")
    op.drop_column("athlete", "backfill_at")

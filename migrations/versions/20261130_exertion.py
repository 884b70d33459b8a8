"""How hard a day was, told by the athlete where Strava says nothing of it."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_exertion"
down_revision: str | None = "20261130_running_since"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("checkin", sa.Column("exertion", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("checkin", "exertion")

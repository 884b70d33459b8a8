"""Whoever began to run within the last year gets a strength block of their own."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_running_since"
down_revision: str | None = "20261130_diary"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("athlete", sa.Column("running_since", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("athlete", "running_since")

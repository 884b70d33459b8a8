"""Switches that stop mail, and an index for counting the nights judged lately."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261123_switch"
down_revision: str | None = "20261123_voice"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "switch",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switch")),
    )
    op.create_index(op.f("ix_night_judged_at"), "night", ["judged_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_night_judged_at"), table_name="night")
    op.drop_table("switch")

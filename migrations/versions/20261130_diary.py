"""A night reads a packed diary instead of two years of sessions with their kilometres."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_diary"
down_revision: str | None = "20261123_crashed_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "diary",
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("sessions_mark", sa.Text(), nullable=True),
        sa.Column("from_night", sa.Date(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("days", sa.LargeBinary(), nullable=True),
        sa.Column("sessions", sa.LargeBinary(), nullable=True),
        sa.Column("identities", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("answers_mark", sa.Text(), nullable=True),
        sa.Column("answers_first_day", sa.Date(), nullable=True),
        sa.Column("answers", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_diary_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", name=op.f("pk_diary")),
    )


def downgrade() -> None:
    op.drop_table("diary")

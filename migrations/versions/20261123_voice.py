"""What athletes say to the mails: was it right, not this reason now, not on that day, how often."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261123_voice"
down_revision: str | None = "20261123_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _table(
        "warning_reply",
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("felt", sa.Text(), nullable=True),
        sa.Column("wrong", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        key="night",
    )
    _table(
        "mute",
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=False),
        key="cause",
    )
    _table("quiet_day", sa.Column("weekday", sa.Integer(), nullable=False), key="weekday")
    op.add_column("mail_preference", sa.Column("choice", sa.Text(), nullable=True))
    op.execute("UPDATE mail_preference SET choice = CASE WHEN wanted THEN 'at_once' ELSE 'off' END")
    op.alter_column("mail_preference", "choice", nullable=False)
    op.drop_column("mail_preference", "wanted")


def downgrade() -> None:
    op.add_column("mail_preference", sa.Column("wanted", sa.Boolean(), nullable=True))
    op.execute("UPDATE mail_preference SET wanted = choice <> 'off'")
    op.alter_column("mail_preference", "wanted", nullable=False)
    op.drop_column("mail_preference", "choice")
    for table in ("quiet_day", "mute", "warning_reply"):
        op.drop_table(table)


def _table(name: str, *columns: sa.Column[object], key: str) -> None:
    op.create_table(
        name,
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f(f"fk_{name}_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", key, name=op.f(f"pk_{name}")),
    )

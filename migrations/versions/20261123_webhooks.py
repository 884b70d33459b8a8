"""Strava's events: subscription, inbox, what was no event; hidden sessions, and when a list was read."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261123_webhooks"
down_revision: str | None = "20261123_parked_nights"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activity", sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("athlete", sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True))
    _subscription()
    _inbox()
    op.create_table(
        "surprise",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "reason", name=op.f("pk_surprise")),
    )


def downgrade() -> None:
    for table in ("surprise", "inbox", "subscription"):
        op.drop_table(table)
    op.drop_column("athlete", "listed_at")
    op.drop_column("activity", "hidden_at")


def _subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("slot", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("strava_id", sa.BigInteger(), nullable=True),
        sa.Column("verify_digest", sa.LargeBinary(), nullable=True),
        sa.Column("pending_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_subscription")),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("event_time", sa.BigInteger(), nullable=False),
        sa.Column("updates_index", sa.LargeBinary(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("title_only", sa.Boolean(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_inbox_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "subscription_id",
            "object_type",
            "object_id",
            "aspect",
            "event_time",
            "updates_index",
            name="uq_inbox_event",
        ),
    )
    op.create_index("ix_inbox_athlete_id_state", "inbox", ["athlete_id", "state"], unique=False)
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"], unique=False)
    op.create_index(
        "ix_inbox_due_at",
        "inbox",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'working')"),
    )

"""The tables of the service itself: sessions, quota, log book, heartbeats, admins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "20261123_service"
down_revision: str | None = "20261123_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _admin()
    _heartbeat()
    _logbook()
    _oauth_state()
    _quota_window()
    _suppression()
    _throttle()
    _tombstone()
    _browser_session()
    _quarantine()


def downgrade() -> None:
    for table in (
        "quarantine",
        "browser_session",
        "tombstone",
        "throttle",
        "suppression",
        "quota_window",
        "oauth_state",
        "logbook",
        "heartbeat",
        "admin",
    ):
        op.drop_table(table)


def _admin() -> None:
    op.create_table(
        "admin",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin")),
        sa.UniqueConstraint("name", name=op.f("uq_admin_name")),
    )


def _heartbeat() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )


def _logbook() -> None:
    op.create_table(
        "logbook",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("athlete_id", sa.Uuid(), nullable=True),
        sa.Column("fields", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logbook")),
    )
    op.create_index(op.f("ix_logbook_at"), "logbook", ["at"], unique=False)
    op.create_index(op.f("ix_logbook_athlete_id_at"), "logbook", ["athlete_id", "at"], unique=False)
    op.create_index(op.f("ix_logbook_event_at"), "logbook", ["event", "at"], unique=False)


def _oauth_state() -> None:
    op.create_table(
        "oauth_state",
        sa.Column("state_digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_digest", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_oauth_state")),
    )


def _quota_window() -> None:
    op.create_table(
        "quota_window",
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("learned_limit", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("family", "starts_at", name=op.f("pk_quota_window")),
    )


def _suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("address_index", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("suppressed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_index", name=op.f("pk_suppression")),
    )


def _throttle() -> None:
    op.create_table(
        "throttle",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )


def _tombstone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("strava_index", sa.LargeBinary(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("strava_index", name=op.f("pk_tombstone")),
    )


def _browser_session() -> None:
    op.create_table(
        "browser_session",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("athlete_id", sa.Uuid(), nullable=True),
        sa.Column("admin_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_s", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_version", sa.Text(), nullable=True),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["admin_id"], ["admin.id"], name=op.f("fk_browser_session_admin_id_admin"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["athlete_id"],
            ["athlete.id"],
            name=op.f("fk_browser_session_athlete_id_athlete"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_browser_session")),
    )
    op.create_index(op.f("ix_browser_session_admin_id"), "browser_session", ["admin_id"], unique=False)
    op.create_index(op.f("ix_browser_session_athlete_id"), "browser_session", ["athlete_id"], unique=False)


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("athlete_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_quarantine_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "athlete_id",
            "source",
            "external_id",
            "field",
            name="uq_quarantine_row",
            postgresql_nulls_not_distinct=True,
        ),
    )

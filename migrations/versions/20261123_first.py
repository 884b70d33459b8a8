"""The first schema: athletes and what hangs on them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "20261123_first"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _athlete()
    _activity()
    _address()
    _checkin()
    _consent()
    _mail()
    _mail_preference()
    _night()
    _token()


def downgrade() -> None:
    for table in (
        "token",
        "night",
        "mail_preference",
        "mail",
        "consent",
        "checkin",
        "address",
        "activity",
        "athlete",
    ):
        op.drop_table(table)


def _athlete() -> None:
    op.create_table(
        "athlete",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("strava_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("max_hr", sa.Integer(), nullable=True),
        sa.Column("resting_hr", sa.Integer(), nullable=True),
        sa.Column("threshold_hr", sa.Integer(), nullable=True),
        sa.Column("injured_last_year", sa.Boolean(), nullable=True),
        sa.Column("strength_habit", sa.Text(), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listed_whole_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sync_lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sync_parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_error", sa.Text(), nullable=True),
        sa.Column("next_night", sa.Date(), nullable=False),
        sa.Column("next_night_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_night_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("night_retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("night_lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("night_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("night_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_athlete")),
        sa.UniqueConstraint("strava_id", name=op.f("uq_athlete_strava_id")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_athlete_next_night_at",
        "athlete",
        ["next_night_at"],
        unique=False,
        postgresql_where=sa.text("state = 'connected'"),
    )
    op.create_index(
        "ix_athlete_sync_due_at",
        "athlete",
        ["sync_due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'connected'"),
    )


def _activity() -> None:
    op.create_table(
        "activity",
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("summary_digest", sa.LargeBinary(), nullable=False),
        sa.Column("detail_digest", sa.LargeBinary(), nullable=True),
        sa.Column("sport", sa.Text(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("utc_offset_s", sa.Integer(), nullable=False),
        sa.Column("moving_s", sa.Integer(), nullable=False),
        sa.Column("elapsed_s", sa.Integer(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("gain_m", sa.Double(), nullable=True),
        sa.Column("average_hr", sa.Double(), nullable=True),
        sa.Column("max_hr", sa.Double(), nullable=True),
        sa.Column("cadence_spm", sa.Double(), nullable=True),
        sa.Column("temperature_c", sa.Double(), nullable=True),
        sa.Column("perceived_exertion", sa.Double(), nullable=True),
        sa.Column("relative_effort", sa.Double(), nullable=True),
        sa.Column("workout_type", sa.Integer(), nullable=True),
        sa.Column("trainer", sa.Boolean(), nullable=False),
        sa.Column("manual", sa.Boolean(), nullable=False),
        sa.Column("start_hidden", sa.Boolean(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("gear_id", sa.Text(), nullable=True),
        sa.Column("detailed", sa.Boolean(), nullable=False),
        sa.Column("splits", JSONB(), nullable=False),
        sa.Column("laps", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_activity_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", "source", "external_id", name=op.f("pk_activity")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("ix_activity_athlete_id_start", "activity", ["athlete_id", "start"], unique=False)


def _address() -> None:
    op.create_table(
        "address",
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.Column("pending_digest", sa.LargeBinary(), nullable=True),
        sa.Column("pending_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsubscribe", sa.LargeBinary(), nullable=True),
        sa.Column("unsubscribe_digest", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_address_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", name=op.f("pk_address")),
        sa.UniqueConstraint("pending_digest", name=op.f("uq_address_pending_digest")),
        sa.UniqueConstraint("unsubscribe_digest", name=op.f("uq_address_unsubscribe_digest")),
    )


def _checkin() -> None:
    op.create_table(
        "checkin",
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("legs", sa.Integer(), nullable=True),
        sa.Column("fatigue", sa.Integer(), nullable=True),
        sa.Column("sleep", sa.Integer(), nullable=True),
        sa.Column("soreness", sa.Integer(), nullable=True),
        sa.Column("mood", sa.Integer(), nullable=True),
        sa.Column("ill", sa.Boolean(), nullable=True),
        sa.Column("pain", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_checkin_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", "day", name=op.f("pk_checkin")),
    )


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_consent_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", "version", name=op.f("pk_consent")),
    )


def _mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("athlete_id", sa.Uuid(), nullable=True),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("chart_png", sa.LargeBinary(), nullable=True),
        sa.Column("unsubscribe_url", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_mail_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint(
            "athlete_id", "night", "kind", "number", name=op.f("uq_mail_athlete_id_night_kind_number")
        ),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
    )
    op.create_index(
        "ix_mail_due_at",
        "mail",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'deferred', 'sending')"),
    )
    op.create_index("ix_mail_queued_at", "mail", ["queued_at"], unique=False)


def _mail_preference() -> None:
    op.create_table(
        "mail_preference",
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"],
            ["athlete.id"],
            name=op.f("fk_mail_preference_athlete_id_athlete"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("athlete_id", "kind", name=op.f("pk_mail_preference")),
    )


def _night() -> None:
    op.create_table(
        "night",
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("mail_kind", sa.Text(), nullable=True),
        sa.Column("silent_because", sa.Text(), nullable=True),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("inputs_digest", sa.Text(), nullable=False),
        sa.Column("assessment", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_night_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", "night", name=op.f("pk_night")),
    )
    op.create_index(op.f("ix_night_night"), "night", ["night"], unique=False)


def _token() -> None:
    op.create_table(
        "token",
        sa.Column("athlete_id", sa.Uuid(), nullable=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=False),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["athlete_id"], ["athlete.id"], name=op.f("fk_token_athlete_id_athlete"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("athlete_id", name=op.f("pk_token")),
    )

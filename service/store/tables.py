"""The tables: athletes and what hangs on them. ``tables_service`` has those that belong to nobody.

Every table that refers to an athlete has ``athlete_id`` as the first column of its key (or of an index,
where the reference may be empty) and loses its rows with the athlete. Nothing here needs more than the
core of Postgres 15. No coordinates, titles or descriptions: there are no columns for them.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Row classes are typed names for columns; they are never loaded as objects."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - the name and form SQLAlchemy asks for
        str: Text,
        datetime: DateTime(timezone=True),
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[str]: ARRAY(Text),
    }


def of_athlete() -> Mapped[UUID]:
    """The leading key column of a table of the athlete's."""
    return mapped_column(ForeignKey("athlete.id", ondelete="CASCADE"), primary_key=True)


def _maybe_of_athlete() -> Mapped[UUID | None]:
    """The same where a row may belong to nobody (yet, or any more)."""
    return mapped_column(ForeignKey("athlete.id", ondelete="CASCADE"))


class AthleteRow(Base):
    """The row is also the athlete's queue entry: what is due, who holds it, how often it failed."""

    __tablename__ = "athlete"
    __table_args__ = (
        Index("ix_athlete_sync_due_at", "sync_due_at", postgresql_where=text("state = 'connected'")),
        Index("ix_athlete_backfill_at", "backfill_at", postgresql_where=text("backfill_at IS NOT NULL")),
        Index("ix_athlete_next_night_at", "next_night_at", postgresql_where=text("state = 'connected'")),
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    strava_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    state: Mapped[str]
    scopes: Mapped[list[str]]
    zone: Mapped[str]
    units: Mapped[str]
    sex: Mapped[str | None]
    birth_year: Mapped[int | None]
    max_hr: Mapped[int | None]
    resting_hr: Mapped[int | None]
    threshold_hr: Mapped[int | None]
    injured_last_year: Mapped[bool | None]
    strength_habit: Mapped[str | None]
    running_since: Mapped[int | None]
    connected_at: Mapped[datetime]
    synced_at: Mapped[datetime | None]
    listed_at: Mapped[datetime | None]
    listed_whole_at: Mapped[datetime | None]
    backfill_at: Mapped[datetime | None]
    sync_due_at: Mapped[datetime]
    sync_lease_until: Mapped[datetime | None]
    sync_held_until: Mapped[datetime | None]
    sync_attempts: Mapped[int] = mapped_column(server_default="0")
    sync_parked_at: Mapped[datetime | None]
    sync_error: Mapped[str | None]
    next_night: Mapped[date]
    next_night_at: Mapped[datetime]
    last_night_at: Mapped[datetime | None]
    night_retry_at: Mapped[datetime | None]
    night_lease_until: Mapped[datetime | None]
    night_attempts: Mapped[int] = mapped_column(server_default="0")
    night_error: Mapped[str | None]
    night_parked_at: Mapped[datetime | None]


class TokenRow(Base):
    __tablename__ = "token"

    athlete_id: Mapped[UUID] = of_athlete()
    access_token: Mapped[bytes]
    refresh_token: Mapped[bytes]
    expires_at: Mapped[datetime]


class ConsentRow(Base):
    __tablename__ = "consent"

    athlete_id: Mapped[UUID] = of_athlete()
    version: Mapped[str] = mapped_column(primary_key=True)
    given_at: Mapped[datetime]


class ActivityRow(Base):
    """``summary_digest`` and ``detail_digest`` tell an unchanged session without reading it."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_athlete_id_start", "athlete_id", "start"),
        # fetched_at is renewed every night: unindexed, and with room for every row's next version on its
        # own page, that touches no index.
        {"postgresql_with": {"fillfactor": 50}},
    )

    athlete_id: Mapped[UUID] = of_athlete()
    source: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    fetched_at: Mapped[datetime]
    summary_digest: Mapped[bytes]
    detail_digest: Mapped[bytes | None]
    sport: Mapped[str]
    start: Mapped[datetime]
    utc_offset_s: Mapped[int]
    moving_s: Mapped[int]
    elapsed_s: Mapped[int]
    distance_m: Mapped[float]
    gain_m: Mapped[float | None]
    average_hr: Mapped[float | None]
    max_hr: Mapped[float | None]
    cadence_spm: Mapped[float | None]
    temperature_c: Mapped[float | None]
    perceived_exertion: Mapped[float | None]
    relative_effort: Mapped[float | None]
    workout_type: Mapped[int | None]
    trainer: Mapped[bool]
    manual: Mapped[bool]
    start_hidden: Mapped[bool]
    device: Mapped[str | None]
    gear_id: Mapped[str | None]
    detailed: Mapped[bool]
    splits: Mapped[list[dict[str, Any]]]
    laps: Mapped[list[dict[str, Any]]]
    hidden_at: Mapped[datetime | None]


class QuarantineRow(Base):
    """A row of Strava's that could not be read, with the reason and never its content."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint(
            "athlete_id",
            "source",
            "external_id",
            "field",
            name="uq_quarantine_row",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    athlete_id: Mapped[UUID | None] = _maybe_of_athlete()
    source: Mapped[str]
    external_id: Mapped[str | None]
    field: Mapped[str]
    reason: Mapped[str]
    times: Mapped[int] = mapped_column(server_default="1")
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class NightRow(Base):
    """One verdict and the decision about it; the key is what makes a night judged once."""

    __tablename__ = "night"
    __table_args__ = (Index(None, "night"), Index(None, "judged_at"))

    athlete_id: Mapped[UUID] = of_athlete()
    night: Mapped[date] = mapped_column(primary_key=True)
    judged_at: Mapped[datetime]
    state: Mapped[str]
    level: Mapped[str | None]
    score: Mapped[float | None]
    cause: Mapped[str | None]
    mail_kind: Mapped[str | None]
    silent_because: Mapped[str | None]
    rule_version: Mapped[str]
    inputs_digest: Mapped[str]
    assessment: Mapped[dict[str, Any]]


class MailRow(Base):
    """The outbox. ``token`` fences: only who took the mail last may say what became of it."""

    __tablename__ = "mail"
    __table_args__ = (
        UniqueConstraint("athlete_id", "night", "kind", "number"),
        Index(
            "ix_mail_due_at", "due_at", postgresql_where=text("state IN ('queued', 'deferred', 'sending')")
        ),
        Index("ix_mail_queued_at", "queued_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    athlete_id: Mapped[UUID | None] = _maybe_of_athlete()
    night: Mapped[date]
    kind: Mapped[str]
    number: Mapped[int]
    message_id: Mapped[str] = mapped_column(unique=True)
    address: Mapped[bytes | None]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    chart_png: Mapped[bytes | None]
    unsubscribe_url: Mapped[str | None]
    state: Mapped[str]
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    error: Mapped[str | None]
    flagged: Mapped[bool] = mapped_column(server_default="false")
    bounced: Mapped[str | None]
    crashes: Mapped[int] = mapped_column(server_default="0")


class AddressRow(Base):
    """Confirmed and proposed address, both encrypted; tokens only as digests, but the unsubscribe one."""

    __tablename__ = "address"

    athlete_id: Mapped[UUID] = of_athlete()
    address: Mapped[bytes | None]
    confirmed_at: Mapped[datetime | None]
    pending: Mapped[bytes | None]
    pending_digest: Mapped[bytes | None] = mapped_column(unique=True)
    pending_until: Mapped[datetime | None]
    unsubscribe: Mapped[bytes | None]
    unsubscribe_digest: Mapped[bytes | None] = mapped_column(unique=True)


class MailPreferenceRow(Base):
    __tablename__ = "mail_preference"

    athlete_id: Mapped[UUID] = of_athlete()
    kind: Mapped[str] = mapped_column(primary_key=True)
    choice: Mapped[str]


class CheckInRow(Base):
    __tablename__ = "checkin"

    athlete_id: Mapped[UUID] = of_athlete()
    day: Mapped[date] = mapped_column(primary_key=True)
    answered_at: Mapped[datetime]
    legs: Mapped[int | None]
    fatigue: Mapped[int | None]
    sleep: Mapped[int | None]
    soreness: Mapped[int | None]
    mood: Mapped[int | None]
    ill: Mapped[bool | None]
    pain: Mapped[bool | None]
    exertion: Mapped[int | None]

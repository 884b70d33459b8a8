"""The tables of the service itself: sessions, quota, log book, heartbeats, admins, tombstones."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables import Base


class AdminRow(Base):
    __tablename__ = "admin"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    totp: Mapped[bytes | None]
    totp_step: Mapped[int | None] = mapped_column(BigInteger)


class BrowserSessionRow(Base):
    """A browser known by the digest of its cookie; at most one of athlete and admin is set."""

    __tablename__ = "browser_session"

    token_digest: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str]
    athlete_id: Mapped[UUID | None] = mapped_column(ForeignKey("athlete.id", ondelete="CASCADE"), index=True)
    admin_id: Mapped[UUID | None] = mapped_column(ForeignKey("admin.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    idle_s: Mapped[int]
    ends_at: Mapped[datetime]
    consent_version: Mapped[str | None]
    consent_at: Mapped[datetime | None]


class OAuthStateRow(Base):
    """A state that may come back once, within minutes, to the browser it was given to."""

    __tablename__ = "oauth_state"

    state_digest: Mapped[bytes] = mapped_column(primary_key=True)
    session_digest: Mapped[bytes]
    ends_at: Mapped[datetime]


class SuppressionRow(Base):
    """An address that must not be written to, known by its blind index only; it outlives the athlete."""

    __tablename__ = "suppression"

    address_index: Mapped[bytes] = mapped_column(primary_key=True)
    reason: Mapped[str]
    suppressed_at: Mapped[datetime]


class TombstoneRow(Base):
    """An erased athlete, known by the HMAC of the Strava id only: nothing late may bring one back."""

    __tablename__ = "tombstone"

    strava_index: Mapped[bytes] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


class QuotaWindowRow(Base):
    """Calls used in one window of one family; the row lock keeps two workers from taking one last call."""

    __tablename__ = "quota_window"

    family: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    used: Mapped[int]
    learned_limit: Mapped[int | None]


class LogRow(Base):
    """An event for admins. ``athlete_id`` is no reference: what is said after erasure points nowhere."""

    __tablename__ = "logbook"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "athlete_id", "at"),
        Index(None, "event", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    level: Mapped[str]
    event: Mapped[str]
    athlete_id: Mapped[UUID | None]
    fields: Mapped[dict[str, Any]]


class HeartbeatRow(Base):
    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]


class SwitchRow(Base):
    """A guard of ``guards``; ``on`` stops. ``changed_by`` is no reference: the trace outlives the admin."""

    __tablename__ = "switch"

    name: Mapped[str] = mapped_column(primary_key=True)
    on: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]


class ThrottleRow(Base):
    """Uses of one key in the running window; the key is a blind index, never an address or an IP."""

    __tablename__ = "throttle"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    window_ends_at: Mapped[datetime]
    used: Mapped[int]

"""The tables of what Strava posts: the subscription, the inbox, and what was not an event."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables import Base


class SubscriptionRow(Base):
    """One row at most: Strava allows an application one subscription. ``strava_id`` is empty while it is
    being made; ``verify_digest`` until ``pending_until`` is what Strava has to name then."""

    __tablename__ = "subscription"

    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    strava_id: Mapped[int | None] = mapped_column(BigInteger)
    verify_digest: Mapped[bytes | None]
    pending_until: Mapped[datetime | None]
    created_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]


class InboxRow(Base):
    """An event, committed before Strava is answered. What was updated is kept as a keyed hash only."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint(
            "subscription_id",
            "object_type",
            "object_id",
            "aspect",
            "event_time",
            "updates_index",
            name="uq_inbox_event",
        ),
        Index("ix_inbox_athlete_id_state", "athlete_id", "state"),
        Index("ix_inbox_due_at", "due_at", postgresql_where=text("state IN ('waiting', 'working')")),
        Index("ix_inbox_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    athlete_id: Mapped[UUID] = mapped_column(ForeignKey("athlete.id", ondelete="CASCADE"))
    subscription_id: Mapped[int] = mapped_column(BigInteger)
    object_type: Mapped[str]
    object_id: Mapped[int] = mapped_column(BigInteger)
    aspect: Mapped[str]
    event_time: Mapped[int] = mapped_column(BigInteger)
    updates_index: Mapped[bytes]
    withdrawn: Mapped[bool]
    title_only: Mapped[bool]
    seal: Mapped[str]
    state: Mapped[str]
    outcome: Mapped[str | None]
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    settled_at: Mapped[datetime | None]


class SurpriseRow(Base):
    """Posts that were answered and dropped, by day and reason."""

    __tablename__ = "surprise"

    day: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]

"""Mails as they leave the store: taken for sending, or listed for admins."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from service.domain.message import Message
from service.domain.night import MailKind


class MailState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    HANDED = "handed"
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    HELD = "held"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail taken for one attempt, the ``attempts``-th. Its outcome counts only with ``token``."""

    id: UUID
    token: UUID
    athlete_id: UUID | None
    kind: MailKind
    night: date
    message_id: str
    recipient: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    chart_png: bytes | None = field(repr=False)
    unsubscribe_url: str | None = field(repr=False)
    attempts: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class MailRecord:
    """A mail as admins see it: what became of it, not what it says."""

    id: UUID
    athlete_id: UUID | None
    kind: MailKind
    night: date
    state: MailState
    attempts: int
    queued_at: datetime
    due_at: datetime
    settled_at: datetime | None
    error: str | None


def outgoing(row: Row[Any], recipient: str) -> Outgoing:
    """A row just taken, with the address it goes to."""
    return Outgoing(
        id=row.id,
        token=row.token,
        athlete_id=row.athlete_id,
        kind=MailKind(row.kind),
        night=row.night,
        message_id=row.message_id,
        recipient=recipient,
        subject=row.subject,
        text=row.text,
        html=row.html,
        chart_png=row.chart_png,
        unsubscribe_url=row.unsubscribe_url,
        attempts=row.attempts,
        queued_at=row.queued_at,
    )


def mail_record(row: Row[Any]) -> MailRecord:
    """A row of exactly the columns of ``MailRecord``."""
    values = dict(row._mapping)
    return MailRecord(**{**values, "kind": MailKind(row.kind), "state": MailState(row.state)})


def message_of(row: Row[Any]) -> Message:
    """What a row says."""
    return Message(
        kind=MailKind(row.kind),
        night=row.night,
        subject=row.subject,
        text=row.text,
        html=row.html,
        unsubscribe_url=row.unsubscribe_url,
        chart_png=row.chart_png,
    )

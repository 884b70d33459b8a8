"""What an athlete's row says of work that is due, and the one way its night moves on."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Update, Uuid, and_, bindparam, case, func, update

from service.domain.athlete import AthleteState
from service.store import claims
from service.store.tables import AthleteRow

AT = DateTime(timezone=True)


def sync_due(now: datetime) -> ColumnElement[bool]:
    """Whether an athlete's list should be read."""
    unparked = AthleteRow.sync_parked_at.is_(None)
    return and_(AthleteRow.state == AthleteState.CONNECTED, AthleteRow.sync_due_at <= now, unparked)


def suspect(of: type[AthleteRow]) -> ColumnElement[bool]:
    """A night begun often, and ended by neither a verdict nor an error."""
    return and_(of.night_attempts >= claims.SUSPECT_AFTER, of.night_error.is_(None))


Advance = tuple[UUID, date, datetime, datetime | None]
"""Athlete, next night, when that is due, and when the night judged was due."""


def named(slots: Sequence[Advance]) -> list[dict[str, Any]]:
    """Parameters of ``advance``, in one order for everybody: two jobs that share athletes cannot deadlock."""
    return [dict(zip(("of", "night", "at", "judged"), slot, strict=True)) for slot in sorted(slots)]


@cache
def advance() -> Update:
    """Move a slot on, unless it is there already, and release its row."""
    night, at = bindparam("night", type_=Date()), bindparam("at", type_=AT)
    judged = func.coalesce(bindparam("judged", type_=AT), AthleteRow.next_night_at)
    ahead = AthleteRow.next_night < night
    return (
        update(AthleteRow)
        .where(AthleteRow.id == bindparam("of", type_=Uuid()))
        .values(
            next_night=func.greatest(AthleteRow.next_night, night),
            next_night_at=case((ahead, at), else_=AthleteRow.next_night_at),
            last_night_at=case((ahead, judged), else_=AthleteRow.last_night_at),
            night_retry_at=None,
            night_lease_until=None,
            night_attempts=0,
            night_parked_at=None,
            night_error=None,
        )
    )

"""What athletes said of their mornings."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.finding import Context
from service.domain.history import CheckIn
from service.store.tables import CheckInRow

RED_FLAGS = {"ill": Context.ILLNESS, "pain": Context.PAIN}
FLAG_DAYS = 365
"""As ``contexts.red_flag_days`` of config/heuristics.toml; a test holds them together."""
ANSWERS = ("legs", "fatigue", "sleep", "soreness", "mood", *RED_FLAGS)
"""Of the morning; a day's ``exertion`` is of its training."""
TOLD = (*ANSWERS, "exertion")


class CheckIns:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, athlete_id: UUID, checkin: CheckIn, now: datetime) -> None:
        """Keep the answers of one morning. What is not answered this time keeps its earlier answer:
        one tap in the mail comes first, the rest of the form later. An effort is no morning's answer."""
        row = insert(CheckInRow).values(
            athlete_id=athlete_id,
            day=checkin.date,
            answered_at=now,
            **{name: getattr(checkin, name) for name in TOLD},
        )
        kept: dict[str, Any] = {
            name: func.coalesce(row.excluded[name], getattr(CheckInRow, name)) for name in TOLD
        }
        if any(getattr(checkin, name) is not None for name in ANSWERS):
            kept["answered_at"] = row.excluded.answered_at
        key = [CheckInRow.athlete_id, CheckInRow.day]
        self._connection.execute(row.on_conflict_do_update(index_elements=key, set_=kept))

    def of(self, athlete_id: UUID, since: date) -> list[CheckIn]:
        """Mornings from ``since`` on, oldest first."""
        return self.of_many([athlete_id], since)[athlete_id]

    def of_many(self, athlete_ids: Iterable[UUID], since: date) -> dict[UUID, list[CheckIn]]:
        """The same for several athletes in one query; every id asked for is a key of the answer."""
        found: dict[UUID, list[CheckIn]] = {athlete_id: [] for athlete_id in athlete_ids}
        query = (
            select(CheckInRow.__table__)
            .where(CheckInRow.athlete_id.in_(found), CheckInRow.day >= since)
            .order_by(CheckInRow.athlete_id, CheckInRow.day)
        )
        for row in self._connection.execute(query):
            found[row.athlete_id].append(_checkin(row))
        return found

    def open_flags(self, athlete_id: UUID, today: date) -> dict[Context, date]:
        """Illness and pain that were told of and not taken back since, each with the day it was last told; as
        long as a night remembers them. What was told last counts: who flies west lives a day twice."""
        found = {}
        since = today - timedelta(days=FLAG_DAYS)
        for name, flag in RED_FLAGS.items():
            told = getattr(CheckInRow, name)
            answered = (CheckInRow.athlete_id == athlete_id, told.is_not(None), CheckInRow.day >= since)
            order = CheckInRow.answered_at.desc(), CheckInRow.day.desc()
            newest = select(CheckInRow.day, told).where(*answered).order_by(*order).limit(1)
            row = self._connection.execute(newest).first()
            if row is not None and row[1]:
                found[flag] = row[0]
        return found


def _checkin(row: Row[Any]) -> CheckIn:
    return CheckIn(date=row.day, **{name: getattr(row, name) for name in TOLD})

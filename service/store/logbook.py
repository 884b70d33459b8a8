"""The log book that admins search: constant event names and fields, never text about a person."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from service.store.tables import AthleteRow
from service.store.tables_service import LogRow

KEPT_FOR = timedelta(days=90)
FORGOTTEN = "athlete_erased"
"""That somebody was forgotten, and when: kept as proof, under an id that points nowhere."""
COLUMNS = frozenset({"at", "level", "event", "athlete"})


@dataclass(frozen=True, slots=True)
class LogEntry:
    id: int
    at: datetime
    level: str
    event: str
    athlete_id: UUID | None
    fields: Mapping[str, Any]


class Logbook:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep events as ``service.logs`` makes them: ``at`` (ISO), ``level``, ``event``, fields.

        Rows wait for half a second in their process: what is written about somebody who was forgotten
        meanwhile is kept without their id.
        """
        if not rows:
            return
        found = [_row(row) for row in rows]
        there = self._there({row["athlete_id"] for row in found} - {None})
        for row in found:
            if row["athlete_id"] not in there and row["event"] != FORGOTTEN:
                row["athlete_id"] = None
        self._connection.execute(insert(LogRow), found)

    def _there(self, athletes: set[UUID]) -> set[UUID]:
        """Those of them who have a row, which stays until this transaction ends."""
        query = select(AthleteRow.id).where(AthleteRow.id.in_(athletes)).order_by(AthleteRow.id)
        return set(self._connection.execute(query.with_for_update(read=True, key_share=True)).scalars())

    def search(
        self,
        *,
        event: str | None = None,
        level: str | None = None,
        athlete: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 200,
    ) -> list[LogEntry]:
        """Entries that pass every filter, newest first. ``event`` may be the beginning of a name;
        ``level`` is the least level shown."""
        query = select(LogRow.__table__).order_by(LogRow.at.desc(), LogRow.id.desc()).limit(limit)
        if event:
            query = query.where(LogRow.event.startswith(event, autoescape=True))
        if level:
            query = query.where(LogRow.level.in_(_at_least(level)))
        if athlete is not None:
            query = query.where(LogRow.athlete_id == athlete)
        if since is not None:
            query = query.where(LogRow.at >= since)
        if until is not None:
            query = query.where(LogRow.at < until)
        return [LogEntry(**row._mapping) for row in self._connection.execute(query)]

    def purge(self, now: datetime) -> int:
        """Delete what is older than 90 days; returns how many."""
        return self._connection.execute(delete(LogRow).where(LogRow.at < now - KEPT_FOR)).rowcount


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    at = row["at"]
    return {
        "at": datetime.fromisoformat(at) if isinstance(at, str) else at,
        "level": row.get("level", "info"),
        "event": row["event"],
        "athlete_id": _uuid(row.get("athlete")),
        "fields": {key: value for key, value in row.items() if key not in COLUMNS},
    }


def _uuid(value: object) -> UUID | None:
    """A log line is never refused for what stands in it."""
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _at_least(level: str) -> list[str]:
    names = logging.getLevelNamesMapping()
    least = names.get(level.upper(), logging.NOTSET)
    return [name.lower() for name, number in names.items() if number >= least]

"""Rows of Strava's that could not be read: which field, why, how often; never what stood there."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.activity import Source
from service.store.tables import QuarantineRow


@dataclass(frozen=True, slots=True)
class Quarantined:
    id: int
    athlete_id: UUID | None
    source: Source
    external_id: str | None
    field: str
    reason: str
    times: int
    first_seen_at: datetime
    last_seen_at: datetime


class Quarantine:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        athlete_id: UUID | None,
        source: Source,
        external_id: str | None,
        field: str,
        reason: str,
        now: datetime,
    ) -> None:
        """Note a row. The nightly list brings it again: then it is counted, not added."""
        row = insert(QuarantineRow).values(
            athlete_id=athlete_id,
            source=source,
            external_id=external_id,
            field=field,
            reason=reason,
            first_seen_at=now,
            last_seen_at=now,
        )
        again = {"reason": reason, "times": QuarantineRow.times + 1, "last_seen_at": now}
        self._connection.execute(row.on_conflict_do_update(constraint="uq_quarantine_row", set_=again))

    def list(self, limit: int = 100, athlete_id: UUID | None = None) -> list[Quarantined]:
        """Newest first."""
        query = select(QuarantineRow.__table__).order_by(QuarantineRow.last_seen_at.desc()).limit(limit)
        if athlete_id is not None:
            query = query.where(QuarantineRow.athlete_id == athlete_id)
        found = [row._mapping for row in self._connection.execute(query)]
        return [Quarantined(**{**row, "source": Source(row["source"])}) for row in found]

    def count(self) -> int:
        return self._connection.execute(select(func.count()).select_from(QuarantineRow)).scalar_one()

    def resolve(self, row: int) -> bool:
        """An admin has looked at it. False if there is no such row."""
        return self._connection.execute(delete(QuarantineRow).where(QuarantineRow.id == row)).rowcount == 1

    def purge(self, seen_before: datetime) -> int:
        """Forget rows that did not come again since; returns how many."""
        old = delete(QuarantineRow).where(QuarantineRow.last_seen_at < seen_before)
        return self._connection.execute(old).rowcount

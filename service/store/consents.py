"""Which wording an athlete agreed to, and when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from service.store.tables import ConsentRow


@dataclass(frozen=True, slots=True)
class Consent:
    version: str
    given_at: datetime


class Consents:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def give(self, athlete_id: UUID, version: str, now: datetime) -> None:
        """Keep a consent. Given again, the newer time counts."""
        self._connection.execute(
            insert(ConsentRow)
            .values(athlete_id=athlete_id, version=version, given_at=now)
            .on_conflict_do_update(
                index_elements=[ConsentRow.athlete_id, ConsentRow.version], set_={"given_at": now}
            )
        )

    def latest(self, athlete_id: UUID) -> Consent | None:
        row = self._connection.execute(
            select(ConsentRow.version, ConsentRow.given_at)
            .where(ConsentRow.athlete_id == athlete_id)
            .order_by(ConsentRow.given_at.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else Consent(row.version, row.given_at)

"""Signs of life: a clock that has not beaten for three periods is dead, whatever it says of itself."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from service.store.tables_service import HeartbeatRow


@dataclass(frozen=True, slots=True)
class Heartbeat:
    name: str
    beat_at: datetime


class Heartbeats:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beat(self, name: str, now: datetime) -> None:
        """Several processes may beat under one name; the newest counts."""
        row = insert(HeartbeatRow).values(name=name, beat_at=now)
        newest = func.greatest(row.excluded.beat_at, HeartbeatRow.beat_at)
        self._connection.execute(
            row.on_conflict_do_update(index_elements=[HeartbeatRow.name], set_={"beat_at": newest})
        )

    def all(self) -> list[Heartbeat]:
        """Every name that ever beat, in the order of names."""
        query = select(HeartbeatRow.name, HeartbeatRow.beat_at).order_by(HeartbeatRow.name)
        return [Heartbeat(row.name, row.beat_at) for row in self._connection.execute(query)]

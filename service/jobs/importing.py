"""An athlete's own archive into the store: one file, one transaction. Twice is the same as once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from service.archive.found import Found, Refused
from service.archive.reader import Request, read
from service.errors import InputError
from service.store.session import Store, Transaction, retrying


@dataclass
class Tally:
    """What an import came to. ``read`` = ``new`` + ``changed`` + ``known``; ``repaired`` counts values that
    were not believed and left out."""

    files: int = 0
    read: int = 0
    new: int = 0
    changed: int = 0
    known: int = 0
    repaired: int = 0
    doubts: list[tuple[str, str]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """The figures in one line."""
        return (
            f"{self.read} sessions read from {self.files} files: {self.new} new, {self.changed} changed, "
            f"{self.known} known; {self.repaired} values repaired, {len(self.refused)} refused"
        )


def take_in(store: Store, athlete_id: UUID, request: Request, now: datetime) -> Iterator[Tally]:
    """Store everything ``request`` names for one athlete; yields the tally after each file, the same object.

    Raises ``InputError`` if the athlete is gone, ``DatabaseUnavailable`` if the database stays away. What was
    stored until then is whole files, and stays.
    """
    tally = Tally()
    yield tally
    for outcome in read(request):
        if isinstance(outcome, Refused):
            tally.refused.append(outcome)
        else:
            _store(store, athlete_id, outcome, now, tally)
        yield tally


def _store(store: Store, athlete_id: UUID, found: Found, now: datetime, tally: Tally) -> None:
    def work(tx: Transaction) -> tuple[int, int, int]:
        if tx.athletes.get(athlete_id) is None:
            raise InputError(f"there is no athlete {athlete_id} (any more); nothing was stored for them")
        done = tx.activities.upsert(athlete_id, found.activities, now)
        return done.new, done.changed, done.known

    new, changed, known = retrying(store, work)
    tally.files += 1
    tally.read += len(found.activities)
    tally.new, tally.changed, tally.known = tally.new + new, tally.changed + changed, tally.known + known
    tally.repaired += len(found.doubts)
    tally.doubts += [(found.name, doubt) for doubt in found.doubts]

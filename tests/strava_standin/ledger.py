"""Every request the stand-in was sent: the independent count of what a client really cost."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. ``time`` is the stand-in's clock (ISO, UTC), ``query`` without secrets."""

    number: int
    time: str
    method: str
    path: str
    query: str
    athlete: int | None
    counted: bool
    status: int


@dataclass
class Ledger:
    """Append-only until a reset or a ``clear``; ``number`` goes on counting."""

    entries: list[Entry] = field(default_factory=list)
    _next: int = 1

    def add(self, **values: Any) -> None:
        self.entries.append(Entry(number=self._next, **values))
        self._next += 1

    def select(self, since: int = 0, athlete: int | None = None, path: str = "") -> list[dict[str, Any]]:
        """Entries numbered above ``since``, of one athlete, whose path contains ``path``."""
        return [
            asdict(entry)
            for entry in self.entries
            if entry.number > since and (athlete is None or entry.athlete == athlete) and path in entry.path
        ]

    def totals(self) -> dict[str, Any]:
        """Counts by status and by athlete, without shipping a long season's rows."""
        counted = [entry for entry in self.entries if entry.counted]
        return {
            "requests": len(self.entries),
            "counted": len(counted),
            "by_status": dict(Counter(str(entry.status) for entry in self.entries)),
            "counted_by_athlete": dict(
                Counter(str(e.athlete) for e in self.entries if e.counted and e.athlete)
            ),
        }

"""What followed our own warnings to the people of the studies: by reason and level, shares and counts only.

A warning counts where the next three mornings hold at least one report. "By chance" is what the same people's
own base rates give: each warning is set beside the share of that person's scored nights that were followed.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

LOOK_AHEAD = 3
LEAST_NIGHTS = 14
ANY_LEVEL = "any"


@dataclass
class Cell:
    """Warnings of one reason at one level."""

    followed: int = 0
    expected: float = 0.0
    warnings: int = 0
    people: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Person:
    """One person's nights: whether the outcome followed (by ordinal), and the (night, reason, level) of each
    warning."""

    name: str
    followed: dict[int, bool]
    warnings: tuple[tuple[int, str, str], ...]

    @property
    def base(self) -> float:
        return sum(self.followed.values()) / len(self.followed)

    @property
    def usable(self) -> bool:
        return len(self.followed) >= LEAST_NIGHTS and 0 < self.base < 1


def person(folder: Path, outcome: str) -> Person:
    """Of a folder that ``judge.sh`` wrote."""
    told = dict(labels(folder / "labels.csv", outcome))
    followed, warnings = {}, []
    for line in (folder / "verdicts" / "freshlegs.jsonl").read_text(encoding="utf-8").splitlines():
        if not line.startswith("{"):
            continue
        night = json.loads(line)
        day = date.fromisoformat(night["night"]).toordinal()
        ahead = [told[day + n] for n in range(LOOK_AHEAD) if day + n in told]
        if ahead and night["score"] is not None:  # from the 28th day on
            followed[day] = 1.0 in ahead
        if night["mail"]:
            leading = night["findings"][0]
            warnings.append((day, str(leading["cause"]), str(leading["level"])))
    return Person(folder.name, followed, tuple(warnings))


def labels(path: Path, outcome: str) -> Iterator[tuple[int, float]]:
    """(day, 0 or 1) of every morning with a report."""
    header, *rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    day, column = header.index("date"), header.index(outcome)
    for row in rows:
        if row[column]:
            yield date.fromisoformat(row[day][:10]).toordinal(), float(row[column])


def shares(people: Sequence[Person]) -> list[dict[str, Any]]:
    """One row a reason and level, and one a reason at any level."""
    cells: dict[tuple[str, str], Cell] = defaultdict(Cell)
    for each in people:
        if not each.usable:
            continue
        for night, cause, level in each.warnings:
            if night not in each.followed:
                continue
            for key in ((cause, level), (cause, ANY_LEVEL)):
                cell = cells[key]
                cell.followed += each.followed[night]
                cell.expected += each.base
                cell.warnings += 1
                cell.people.add(each.name)
    return [
        {
            "cause": cause,
            "level": level,
            "followed": round(cell.followed / cell.warnings, 3),
            "by_chance": round(cell.expected / cell.warnings, 3),
            "warnings": cell.warnings,
            "people": len(cell.people),
            "nights": sum(len(each.followed) for each in people if each.usable),
        }
        for (cause, level), cell in sorted(cells.items())
    ]


def a_year(people: Sequence[Person]) -> list[float]:
    """Warnings a year of scored nights, one number a person, lowest first."""
    return sorted(365.25 * len(each.warnings) / len(each.followed) for each in people if each.usable)

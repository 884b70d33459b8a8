"""Tables of ``bench-people``: our rows of the instrument's tables beside the best others, and own mails."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench.shares import Person, a_year, person

SETS = ("soccermon", "pmdata")
OUTCOME = "sore"
RIVALS = ("TSB", "ACWR", "monotony", "week +")
"""Words in the names of the rows that ours is to beat."""


def folders(of_set: Path) -> list[Path]:
    """The people of a set who have a diary of sessions: there is nothing to judge of others."""
    return sorted(path.parents[1] for path in of_set.glob("*/verdicts/freshlegs.jsonl"))


def own_people(of_set: Path) -> list[Person]:
    """Nights and warnings of each."""
    return [person(folder, OUTCOME) for folder in folders(of_set)]


def own_mails(name: str, people: Sequence[Person]) -> dict[str, Any]:
    """How many mails of our own, after restraint, each person would have had in a year of scored nights."""
    rates = a_year(people)
    return {
        "set": name, "people": len(rates), "mails": sum(len(p.warnings) for p in people if p.usable),
        "least_a_year": round(rates[0], 1), "median_a_year": round(rates[len(rates) // 2], 1),
        "most_a_year": round(rates[-1], 1), "people_below_2": sum(rate < 2 for rate in rates),
    }  # fmt: skip


def rows_of(table: Path) -> Iterator[dict[str, Any]]:
    """Ours at each rate (and our own mails), with the best other row of the same rate beside it."""
    parsed = [
        _cells(line) for line in table.read_text(encoding="utf-8").splitlines() if line.startswith("| ")
    ]
    rows = [row for row in parsed if row[0] != "detector"]
    for own in (row for row in rows if row[0].startswith("freshlegs")):
        rate = own[0].partition(" @")[2]
        others = [row for row in rows if row[0] != own[0] and row[0].partition(" @")[2] == rate]
        others = [row for row in others if not row[0].startswith("freshlegs")]
        best = max(others, key=_lift, default=None)
        rivals = [row for row in others if any(word.lower() in row[0].lower() for word in RIVALS)]
        beaten = [float(row[10]) for row in rivals if row[10] not in {"", "nan"}]
        yield {
            "table": table.stem, "mails": f"at most {rate} a year" if rate else "our own",
            "people": int(own[1]), "a_year": float(own[3]), "base": own[4], "hit": own[5],
            "lift": own[6], "auc": own[8],
            "best_other": f"{best[0]} {best[6]}" if best and rate else "-",
            "least_P_better": f"{min(beaten):.2f}" if beaten and rate else "-",
        }  # fmt: skip


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _lift(row: Sequence[str]) -> float:
    text = row[6].split("[")[0].strip()
    return float(text) if text not in {"–", "nan", ""} else 0.0

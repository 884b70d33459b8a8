"""``python -m tests.bench.calibrate``: config/calibration.toml from what the benches measured last.

Reads docs/measured/people.toml (``make bench-people ARGS=--write``) and docs/measured/warnings.toml
(``make bench-warnings ARGS=--write``); writes shares and counts, never a row of a study.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import kept

TARGET = Path(__file__).resolve().parents[2] / "config" / "calibration.toml"
WARNINGS_NEEDED, PEOPLE_NEEDED = 20, 5
OUTCOME = "an unusually sore morning"
HEAD = f"""# How often warnings were right. Written by `python -m tests.bench.calibrate`; not to be edited.
# SoccerMon: Midoglu et al. 2024, doi:10.5281/zenodo.10033832, CC BY 4.0. PMData: Thambawita et al. 2020.
# Shares and counts only. Football players and a few dozen people: a signal that is no noise, not
# a promise to runners.

[needed]
warnings = {{ value = {WARNINGS_NEEDED}, unit = "warnings", grade = "D", source = "Fewer say nothing" }}
people = {{ value = {PEOPLE_NEEDED}, unit = "people", grade = "D", source = "One or two are no measure" }}

[sources]
people = "SoccerMon, Midoglu 2024, and PMData, Thambawita 2020"
made_up = "made-up runners without any trouble, make bench-warnings, held-back seeds"
"""


def main() -> int:
    TARGET.write_text(written(kept.read("people"), kept.read("warnings")), encoding="utf-8")
    print(f"wrote {TARGET}")
    return 0


def written(people: Mapping[str, Any], warnings: Mapping[str, Any]) -> str:
    """The whole file."""
    parts = [HEAD]
    for row in people["people"]["shares"]:
        parts.append(_table("shares", {**row, "outcome": OUTCOME, "source": "people"}))
    for cause, a_year, years in _steady(warnings["held_back"]["false_starts"]):
        parts.append(
            _table("steady", {"cause": cause, "a_year": a_year, "years": years, "source": "made_up"})
        )
    return "\n".join(parts)


def _steady(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, float]]:
    """Wrong mails a year by reason, of runners who are asked, all runs a week together."""
    asked = [row for row in rows if row["view"] == "answers"]
    years = sum(row["years"] for row in asked)
    counts: dict[str, int] = defaultdict(int)
    for row in asked:
        for part in row["causes"].split(", "):
            cause, _, count = part.rpartition(" ")
            counts[cause] += int(count) if cause else 0
    return [(cause, round(n / years, 2), round(years, 1)) for cause, n in sorted(counts.items()) if cause]


def _table(name: str, row: Mapping[str, Any]) -> str:
    lines = [f"{key} = {_value(value)}" for key, value in row.items()]
    return "\n".join([f"[[{name}]]", *lines]) + "\n"


def _value(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    sys.exit(main())

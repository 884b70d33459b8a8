"""``python -m tests.bench.page``: the measured figures of docs/heuristics.md, straight from docs/measured/.

A test holds the page to the figures, so that no rate stands there that the last bench did not print.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import kept

PAGE = Path(__file__).resolve().parents[2] / "docs" / "heuristics.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
STUDY_TABLES = tuple(
    f"{variant}-{name}-{outcome}"
    for name in ("soccermon", "pmdata")
    for outcome in ("sore", "heavy")
    for variant in ("answers", "training-only")
)
JUDGED_RUNS = (3, 5)
Rows = Sequence[Mapping[str, Any]]


def measured() -> str:
    """Everything between the two marks."""
    return "".join(f"{part}\n" for part in (*_people(kept.read("people")["people"]), *_made_up()))


def _people(tables: Mapping[str, Rows]) -> Iterator[str]:
    yield "### What real people said next\n"
    yield prose(
        "Our own mails, after restraint, with morning answers; the outcome is a morning as sore as the "
        "person's own lowest fifth, within three days."
    )
    yield kept.markdown(tables["shares"]) + "\n"
    yield kept.markdown(tables["own_mails"]) + "\n"
    yield prose(
        "The nightly score at a common number of mails a year, beside the best other rule at the same "
        "number. `least P better`: the share of resamples in which ours beats the nearest of the TSB, ACWR, "
        "monotony and week + 15 % rules."
    )
    yield kept.markdown([row for n in STUDY_TABLES for row in tables["tables"] if row["table"] == n]) + "\n"
    yield prose(
        "Constants chosen without each person in turn: the threshold of the score below which tired muscles "
        "are not written about, and the weights of the score."
    )
    for name in ("thresholds", "threshold_left_out", "weights_left_out"):
        yield kept.markdown(tables[name]) + "\n"


def _made_up() -> Iterator[str]:
    parts = kept.read("warnings")
    held = parts["held_back"]
    yield "### Made-up runners\n"
    yield prose(
        "`distance`: distance and time alone; `heart`: with heart rate, cadence and temperature; `answers`: "
        "with perceived exertion and morning answers too. Held-back seeds are those that no constant was "
        "chosen on. Wrong mails a year to runners whose every week is an ordinary one:"
    )
    yield kept.markdown(list(_beside(parts, "false_starts", ("runs", "view"), "a_year"))) + "\n"
    yield prose(
        "False alarms by the rule that led the mail, a year, all runs a week together; a rule that is "
        "missing here wrote none:"
    )
    yield kept.markdown(list(_beside(parts, "false_starts_by_rule", ("rule", "view"), "a_year"))) + "\n"
    yield prose("Found, of runners with planted trouble:")
    found = _beside(parts, "detection", ("episode", "runs", "view"), "found")
    yield kept.markdown([row for row in found if row["runs"] in JUDGED_RUNS]) + "\n"
    yield prose(
        "Mails where none is right (`steady`: the same runners when nothing happened, in as many nights):"
    )
    yield kept.markdown(held["where_silence_is_right"]) + "\n"
    yield prose(
        "With distance and time alone, every detector at the same budget of half a false start a year: share "
        "found by day 9 / 14 / 21 of the block and by day 21 / 42 of the slow build:"
    )
    yield kept.markdown(held["equal_budget_distance_alone"]) + "\n"


def prose(text: str) -> str:
    """A paragraph, as wide as the rest of the page."""
    return textwrap.fill(text, 119) + "\n"


def _beside(
    parts: Mapping[str, Mapping[str, Rows]], table: str, key: Sequence[str], value: str
) -> Iterator[dict[str, Any]]:
    """Both ranges of seeds in one row."""
    tuned = {tuple(row[name] for name in key): row[value] for row in parts["tuning"].get(table, ())}
    held = {tuple(row[name] for name in key): row[value] for row in parts["held_back"].get(table, ())}
    none = "-" if value == "found" else 0.0
    for place in dict.fromkeys((*held, *tuned)):
        yield {
            **dict(zip(key, place, strict=True)),
            f"{value}, held back": held.get(place, none),
            f"{value}, tuning": tuned.get(place, none),
        }


def written() -> str:
    """The whole page: its prose as it stands, the figures anew."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    return before + BEGIN + measured() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")

"""How much the threshold of a mail owes to the people it was chosen on: chosen without each person in turn.

The nights of a person are judged once; restraint then decides anew for each threshold on the night's score
(``restraint.score_needed``). Chosen is the highest lift among those that write at least
``LEAST_A_YEAR`` mails a year to the others; it is then used on the person left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from service.advise import catalogue
from service.analyse.assess import assess_nights, load_constants
from service.jobs.replay import history_of
from service.jobs.replay_input import Reading
from service.jobs.replayed import CONFIG, decided, nights_of
from tests.bench.shares import LOOK_AHEAD, Person, labels

THRESHOLDS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65)
LEAST_A_YEAR = 2.0


@dataclass(frozen=True)
class Tally:
    """Mails, how many of them were followed, and how many would be by chance; over so many years."""

    mails: int = 0
    hits: int = 0
    expected: float = 0.0
    years: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.mails + other.mails, self.hits + other.hits, self.expected + other.expected,
            self.years + other.years,
        )  # fmt: skip

    def __sub__(self, other: "Tally") -> "Tally":
        return self + Tally(-other.mails, -other.hits, -other.expected, -other.years)

    @property
    def lift(self) -> float:
        return self.hits / self.expected if self.expected else 0.0

    @property
    def a_year(self) -> float:
        return self.mails / self.years if self.years else 0.0


def tallies(folder: Path, outcome: str = "sore") -> list[Tally] | None:
    """One person's mails at each threshold; ``None`` without a usable outcome."""
    reading = Reading(complain=lambda _: None)
    reading.read_activities(folder / "activities.jsonl")
    reading.read_checkins(folder / "checkins.jsonl")
    history = history_of(reading)
    told = dict(labels(folder / "labels.csv", outcome))
    nights = nights_of(history)
    followed = {}
    for night in nights:
        day = night.toordinal()
        ahead = [told[day + n] for n in range(LOOK_AHEAD) if day + n in told]
        if ahead:
            followed[day] = 1.0 in ahead
    if not (told and Person(folder.name, followed, ()).usable):
        return None
    base, years = sum(followed.values()) / len(followed), len(followed) / 365.25
    assessments = assess_nights(history, nights, load_constants(CONFIG / "heuristics.toml"))
    shipped = catalogue.load(CONFIG / "advice.toml").restraint
    found = []
    for threshold in THRESHOLDS:
        limits = replace(shipped, score_needed=threshold)
        mails = [n.assessment.night.toordinal() for n in decided(assessments, limits) if n.decision.mail]
        scored = [day for day in mails if day in followed]
        hits = sum(followed[day] for day in scored)
        found.append(Tally(len(scored), hits, base * len(scored), years))
    return found


def leave_one_out(people: Sequence[Sequence[Tally]]) -> dict[str, Any]:
    """In sample, and each person at the threshold that the others choose."""
    totals = [sum((person[n] for person in people), Tally()) for n in range(len(THRESHOLDS))]
    left = Tally()
    for person in people:
        others = [total - own for total, own in zip(totals, person, strict=True)]
        left += person[_best(others)]
    best = _best(totals)
    return {
        "best_in_sample": THRESHOLDS[best], "lift_in_sample": round(totals[best].lift, 2),
        "a_year_in_sample": round(totals[best].a_year, 1), "lift_left_out": round(left.lift, 2),
        "a_year_left_out": round(left.a_year, 1), "people": len(people),
    }  # fmt: skip


def each_threshold(people: Sequence[Sequence[Tally]]) -> list[dict[str, Any]]:
    """What every threshold gives, all people together."""
    rows = []
    for n, threshold in enumerate(THRESHOLDS):
        total = sum((person[n] for person in people), Tally())
        few = sum(person[n].a_year < LEAST_A_YEAR for person in people)
        rows.append(
            {"score_needed": threshold, "mails": total.mails, "a_year": round(total.a_year, 1),
             "lift": round(total.lift, 2), "people_below_2_a_year": few,
             "most_a_year": round(max(person[n].a_year for person in people), 1)}
        )  # fmt: skip
    return rows


def _best(totals: Sequence[Tally]) -> int:
    able = [n for n, total in enumerate(totals) if total.a_year >= LEAST_A_YEAR]
    return max(able or range(len(totals)), key=lambda n: totals[n].lift)

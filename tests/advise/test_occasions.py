"""When a question or a word before a long run is worth a mail."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.advise.occasions import before_long_run, may_ask, worth_asking
from service.domain.course import LongRun
from service.domain.finding import Context, Evidence
from tests.notify.samples import shipped
from tests.verdicts import assessment

LIMITS = shipped().occasions
DAY = timedelta(days=1)
NIGHT = date(2026, 3, 7)
"""A Saturday: tomorrow is the day of long runs."""
YESTERDAY = NIGHT - DAY


def trained(*loads: float | None) -> dict[date, float]:
    """The days of training up to yesterday."""
    first = NIGHT - len(loads) * DAY
    return {first + n * DAY: load for n, load in enumerate(loads) if load}


@pytest.mark.parametrize(
    ("loads", "asked"),
    [
        ([50.0, 0.0] * 10 + [90.0], True),  # heavier than any training day
        ([50.0] * 8 + [60.0, 70.0] + [60.0], True),  # above four fifths of them
        ([50.0] * 7 + [60.0] * 3 + [60.0], False),  # above seven tenths
        ([50.0] * 7 + [90.0], False),  # seven training days say little
        ([50.0] * 20 + [0.0], False),  # a day of rest
        ([50.0] * 20 + [None], False),  # a day that nobody saw
        ([50.0] * 20 + [50.0], False),  # a day like all
        ([], False),  # nothing at all
    ],
)
def test_a_question_follows_a_harder_day(loads: list[float | None], asked: bool) -> None:
    """Measured against the athlete's own training days; rest is none of them."""
    assert (worth_asking(YESTERDAY, trained(*loads), {}, LIMITS) is not None) == asked


def test_the_question_names_its_reason() -> None:
    """The load beside a usual training day, or the run beside the longest before it."""
    heavy = worth_asking(YESTERDAY, trained(*[50.0, 0.0] * 10, 90.0), {}, LIMITS)
    assert heavy == Evidence("day_load", 90.0, "load", 50.0, YESTERDAY, YESTERDAY)
    runs = {YESTERDAY: 17_000.0, NIGHT - 20 * DAY: 15_000.0, NIGHT - 40 * DAY: 30_000.0}
    assert worth_asking(YESTERDAY, trained(50.0), runs, LIMITS) == Evidence(
        "longest_run", 17_000.0, "m", 15_000.0, YESTERDAY, YESTERDAY
    )
    assert worth_asking(YESTERDAY, trained(50.0), runs | {YESTERDAY: 16_500.0}, LIMITS) is None


@pytest.mark.parametrize(
    ("asked", "answered", "once", "may"),
    [
        ([], [], False, True),  # never asked
        ([2], [2], False, True),  # asked and answered the same day
        ([2], [1], False, True),  # answered a day later
        ([2], [3], False, False),  # an answer before the question is none
        ([2], [], False, False),  # unanswered: not twice
        ([60], [], False, False),  # however long ago
        ([2, 4, 6], [1], False, False),  # three in a week
        ([2, 4, 7], [1], False, True),  # the third is a week old
        ([6], [5], True, False),  # once a week, and that was this week
        ([7], [5], True, True),  # a week ago
        ([0], [], False, True),  # tonight's own mail does not count
    ],
)
def test_questions_are_few(asked: list[int], answered: list[int], once: bool, may: bool) -> None:
    """Days ago; never two unanswered in a row."""
    found = may_ask(
        NIGHT, [NIGHT - n * DAY for n in asked], [NIGHT - n * DAY for n in answered], LIMITS, once_a_week=once
    )
    assert found == may


def sundays(metres: float, weeks: int = 8) -> dict[date, float]:
    """A long run every Sunday, and ten kilometres on Wednesdays."""
    return {NIGHT - (6 + 7 * n) * DAY: metres for n in range(weeks)} | {
        NIGHT - (3 + 7 * n) * DAY: 10_000.0 for n in range(8)
    }


def judged(ceiling: float | None = 17_800.0, **changes):
    return assessment(night=NIGHT, longest_safe_m=ceiling, **changes)


def test_a_long_run_beyond_the_ceiling_is_worth_a_word() -> None:
    """The day before its usual day."""
    assert before_long_run(judged(), sundays(22_000.0), [], LIMITS) == LongRun(
        NIGHT + DAY, 22_000.0, 17_800.0
    )


@pytest.mark.parametrize(
    ("changes", "runs", "told"),
    [
        ({}, sundays(17_000.0), []),  # the usual run stays below
        ({"longest_safe_m": None}, sundays(22_000.0), []),  # no ceiling is known
        ({"contexts": frozenset({Context.TAPER})}, sundays(22_000.0), []),  # nobody runs long now
        ({}, sundays(22_000.0), [NIGHT - 13 * DAY]),  # said lately
        ({}, {NIGHT - (n * 8 + 1) * DAY: 22_000.0 for n in range(7)}, []),  # another weekday each week
        ({}, sundays(22_000.0, weeks=3), []),  # three Sundays are no habit against five Wednesdays
        ({}, {}, []),  # no runs
        ({"night": NIGHT - DAY}, sundays(22_000.0), []),  # tomorrow is no Sunday
    ],
)
def test_otherwise_nothing_is_said(changes, runs, told) -> None:
    """Rarely is a promise."""
    assert before_long_run(replace(judged(), **changes), runs, told, LIMITS) is None


def test_after_two_weeks_it_may_be_said_again() -> None:
    """And tonight's own telling does not silence a second look at the same night."""
    assert before_long_run(judged(), sundays(22_000.0), [NIGHT - 14 * DAY], LIMITS) is not None

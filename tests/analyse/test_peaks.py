"""Hard runs that drive the heart less high than hard runs did: told beside a word of the athlete's own."""

from dataclasses import replace
from datetime import time
from random import Random

import pytest

from service.analyse.diary import Columns, diary_of
from service.analyse.overreaching import _less_high
from service.domain.finding import Cause
from tests.analyse.people import CONSTANTS, history, on, run
from tests.analyse.test_nights import overloaded, verdict

BEFORE = (10, 20, 30, 40, 50, 60)
NEWEST = (86, 90, 94)


def driven(
    peaks: tuple[float, ...],
    said: int = 2,
    *,
    pace_s: float = 315.0,
    warm_c: float | None = None,
    rpe: float = 9.0,
):
    """Strain; hard runs that reached 188 before it and ``peaks`` in it, run at a pace; and mornings."""
    past = overloaded(1.0, 0.0, said)
    hard = [hard_run(day, 188.0, 300.0, 9.0, None if warm_c is None else 10.0) for day in BEFORE]
    hard += [hard_run(day, peak, pace_s, rpe, warm_c) for day, peak in zip(NEWEST, peaks, strict=True)]
    days = {each.training_day for each in hard}
    others = [replace(each, max_hr=170.0) for each in past.activities if each.training_day not in days]
    return history([*others, *hard], past.checkins)


def hard_run(day: int, peak: float, pace_s: float, rpe: float, warm_c: float | None, **at: time):
    known = {
        "average_hr": 165.0 if rpe >= 8 else 158.0,
        "max_hr": peak,
        "perceived_exertion": rpe,
        "temperature_c": warm_c,
    }
    return run(day, 10.0, pace_s=pace_s, **known, **at)


def overreaching(past):
    [found] = [each for each in verdict(past, 98).findings if each.cause is Cause.OVERREACHING]
    return found


def told(past) -> float | None:
    """What the finding says of them."""
    said = [each.value for each in overreaching(past).evidence if each.what == "highest_hr_of_hard_runs"]
    return said[0] if said else None


@pytest.mark.parametrize(
    ("peaks", "said", "rpe", "expected"),
    [
        ((182.0, 181.0, 180.0), 2, 9.0, -7.0),  # all three
        ((182.0, 182.0, 188.0), 2, 9.0, -4.0),  # two of three are enough
        ((182.0, 182.0, 182.0), 4, 9.0, None),  # fresh and lower is fitter
        ((182.0, 188.0, 188.0), 2, 9.0, None),  # one low peak is chance
        ((184.0, 184.0, 184.0), 2, 9.0, None),  # four beats are noise
        ((182.0, 182.0, 182.0), 2, 5.0, None),  # who did not try drives no heart
        ((194.0, 194.0, 194.0), 2, 9.0, None),  # higher is no sign of it
    ],
)
def test_two_of_three_hard_runs_beside_a_complaint(peaks, said, rpe, expected):
    """Bosquet et al. 2008: maximal heart rate falls in overload; alone it means nothing."""
    found = told(driven(peaks, said, pace_s=300.0, rpe=rpe))
    assert found == (None if expected is None else pytest.approx(expected))


def test_they_are_evidence_and_no_sign():
    """The same finding as without them, with one line more; its run of days is that of the evidence."""
    low, usual = overreaching(driven((182.0,) * 3)), overreaching(driven((188.0,) * 3))
    assert (low.rule, low.level, low.channels) == (usual.rule, usual.level, usual.channels)
    [seen] = [each for each in low.evidence if each not in usual.evidence]
    assert (seen.what, seen.unit, seen.baseline) == ("highest_hr_of_hard_runs", "bpm", 0.0)
    assert (seen.first_day, seen.last_day) == (on(77), on(97))


def test_a_slower_run_is_no_word():
    """What the athlete says or how runs felt: a speed alone does not tell fatigue from a day off form."""
    assert told(driven((182.0,) * 3, 4, pace_s=315.0)) is None


def test_of_two_hard_runs_of_a_day_the_higher_counts():
    """The heart reached what it used to."""
    past = driven((182.0,) * 3)
    again = [hard_run(day, 189.0, 300.0, 9.0, None, at=time(20)) for day in NEWEST]
    assert told(replace(past, activities=(*past.activities, *again))) is None


@pytest.mark.parametrize(("spread", "most"), [(3.0, 0.03), (4.0, 0.07), (5.0, 0.12)])
def test_who_does_not_change_rarely_sees_it(spread, most):
    """Peaks scatter; below the middle of hard runs by five beats, twice of three, is seldom chance."""
    dice, nights, shown = Random(7), [on(day) for day in range(140, 364)], []
    for _ in range(12):
        days = [day for day in range(364) if day % 7 in {1, 4}]
        past = history([hard_run(day, dice.gauss(186.0, spread), 300.0, 9.0, None) for day in days])
        window = diary_of(past, CONSTANTS, nights[0]).windows(nights)
        shown += (_less_high(Columns.side_by_side([window]), CONSTANTS) > 0).tolist()
    assert sum(shown) / len(shown) <= most


@pytest.mark.parametrize(("warm_c", "expected"), [(17.0, -6.0), (19.0, None)])
def test_only_like_warmth_is_compared(warm_c, expected):
    """Cold mornings and a warm week are no pair."""
    assert told(driven((182.0,) * 3, warm_c=warm_c)) == expected


def test_too_few_hard_runs_say_nothing():
    """An own peak needs five: here the last run alone has them behind it."""
    past = driven((182.0,) * 3)
    fewer = tuple(a for a in past.activities if a.training_day not in {on(10), on(20), on(30)})
    assert told(replace(past, activities=fewer)) is None


def test_a_heart_rate_that_equals_the_steps_is_not_read():
    """The sensor may have counted those."""
    past = driven((182.0,) * 3)
    counted = tuple(
        replace(a, cadence_spm=a.average_hr) if a.training_day in {on(day) for day in NEWEST} else a
        for a in past.activities
    )
    assert told(replace(past, activities=counted)) is None

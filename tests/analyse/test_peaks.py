"""Hard runs that drive the heart less high than hard runs did: a support of other signs, beside a word."""

from dataclasses import replace

import pytest

from service.domain.finding import Cause, Channel
from tests.analyse.people import history, on, run
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


def hard_run(day: int, peak: float, pace_s: float, rpe: float, warm_c: float | None):
    known = {
        "average_hr": 165.0 if rpe >= 8 else 158.0,
        "max_hr": peak,
        "perceived_exertion": rpe,
        "temperature_c": warm_c,
    }
    return run(day, 10.0, pace_s=pace_s, **known)


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


def test_they_support_a_finding_and_make_none():
    """Beside two signs of the athlete's own the heart-rate channel agrees; beside one there is still no more
    than strain to watch."""
    found = overreaching(driven((182.0,) * 3))
    assert (found.rule, found.channels[Channel.HEART_RATE]) == ("possible_overreaching", 0.5)
    [seen] = [each for each in found.evidence if each.what == "highest_hr_of_hard_runs"]
    assert (seen.unit, seen.baseline, seen.first_day, seen.last_day) == ("bpm", 0.0, on(77), on(97))
    assert overreaching(driven((182.0,) * 3, pace_s=300.0)).rule == "strain"


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

"""Hard runs that drive the heart less high than hard runs did: a sign of overload, and only beside a word."""

from dataclasses import replace

import pytest

from service.domain.finding import Cause, Channel
from tests.analyse.people import history, on, run
from tests.analyse.test_nights import overloaded, verdict

BEFORE = (10, 20, 30, 40, 50, 60)
NEWEST = (86, 90, 94)


def driven(peaks: tuple[float, ...], said: int, *, warm_c: float | None = None, rpe: float = 9.0):
    """Strain; hard runs that reached 188 before it and ``peaks`` in it, as fast as ever; and mornings."""
    past = overloaded(1.0, 0.0, said)
    hard = [hard_run(day, 188.0, 9.0, None if warm_c is None else 10.0) for day in BEFORE]
    hard += [hard_run(day, peak, rpe, warm_c) for day, peak in zip(NEWEST, peaks, strict=True)]
    days = {each.training_day for each in hard}
    others = [replace(each, max_hr=170.0) for each in past.activities if each.training_day not in days]
    return history([*others, *hard], past.checkins)


def hard_run(day: int, peak: float, rpe: float, warm_c: float | None):
    known = {
        "average_hr": 165.0 if rpe >= 8 else 158.0,
        "max_hr": peak,
        "perceived_exertion": rpe,
        "temperature_c": warm_c,
    }
    return run(day, 10.0, pace_s=300.0, **known)


def overreaching(past):
    [found] = [each for each in verdict(past, 98).findings if each.cause is Cause.OVERREACHING]
    return found


@pytest.mark.parametrize(
    ("peaks", "said", "rpe", "rule"),
    [
        ((182.0, 182.0, 188.0), 2, 9.0, "possible_overreaching"),  # two of three, and tired mornings
        ((182.0, 182.0, 182.0), 4, 9.0, "strain"),  # fresh and lower is fitter
        ((182.0, 188.0, 188.0), 2, 9.0, "strain"),  # one low peak is chance
        ((184.0, 184.0, 184.0), 2, 9.0, "strain"),  # four beats are noise
        ((182.0, 182.0, 182.0), 2, 5.0, "strain"),  # who did not try drives no heart
        ((194.0, 194.0, 194.0), 2, 9.0, "strain"),  # higher is no sign of it
    ],
)
def test_two_of_three_hard_runs_and_a_word(peaks, said, rpe, rule):
    """Bosquet et al. 2008: maximal heart rate falls in overload; alone it means nothing."""
    assert overreaching(driven(peaks, said, rpe=rpe)).rule == rule


def test_it_is_told_in_beats():
    """The mean of the newest hard runs, below what most reached before."""
    found = overreaching(driven((182.0, 181.0, 180.0), 2))
    [told] = [each for each in found.evidence if each.what == "highest_hr_of_hard_runs"]
    assert (told.value, told.unit, told.baseline) == (pytest.approx(-7.0), "bpm", 0.0)
    assert (told.first_day, told.last_day) == (on(77), on(97))
    assert found.channels[Channel.HEART_RATE] == 0.5


def test_only_like_warmth_is_compared():
    """Cold mornings and a warm week are no pair."""
    assert overreaching(driven((182.0,) * 3, 2, warm_c=17.0)).rule == "possible_overreaching"
    assert overreaching(driven((182.0,) * 3, 2, warm_c=19.0)).rule == "strain"


def test_too_few_hard_runs_say_nothing():
    """An own peak needs five: here the last run alone has them behind it."""
    past = driven((182.0,) * 3, 2)
    fewer = tuple(a for a in past.activities if a.training_day not in {on(10), on(20), on(30)})
    assert overreaching(replace(past, activities=fewer)).rule == "strain"

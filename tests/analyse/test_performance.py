"""A hard effort that was slower than hard efforts are: a sign of overreaching, and never alone."""

import pytest

from service.analyse.assess import assess_nights
from service.domain.finding import Cause, Level
from tests.analyse.people import CONSTANTS, history, on, run
from tests.analyse.test_nights import overloaded, verdict

EFFORTS = (10, 30, 50, 72)
"""Days on which ten kilometres were run hard before the two weeks that are too much."""


def tried(pace_s: float, said: int, *, rpe: float = 9.0):
    """Strain without a moved heart rate or harder runs, answers of ``said``, and on the last day but four a
    hard ten kilometres."""
    past = overloaded(1.0, 0.0, said)
    hard = {day: run(day, 10.0, pace_s=300.0, perceived_exertion=8.0) for day in EFFORTS}
    hard[94] = run(94, 10.0, pace_s=pace_s, perceived_exertion=rpe)
    days = {on(day) for day in hard}
    others = [each for each in past.activities if each.training_day not in days]
    return history([*others, *hard.values()], past.checkins)


def overreaching(past):
    found = [each for each in verdict(past, 98).findings if each.cause is Cause.OVERREACHING]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("pace_s", "said", "rpe", "rule"),
    [
        (315.0, 2, 9.0, "possible_overreaching"),  # slower, and tired mornings
        (315.0, 4, 9.0, "strain"),  # slower, and nothing else
        (300.0, 2, 9.0, "strain"),  # tired mornings, and as fast as ever
        (303.0, 2, 9.0, "strain"),  # a hundredth is no decline
        (315.0, 2, 6.0, "strain"),  # who did not try was not slower
    ],
)
def test_two_signs_are_needed(pace_s, said, rpe, rule):
    """Aubry 2015: who is overreached runs two per cent slower, and says so."""
    assert overreaching(tried(pace_s, said, rpe=rpe)).rule == rule


def test_it_is_told_with_its_run():
    """Beside the others, in percent; it no longer counts as unseen."""
    found = overreaching(tried(315.0, 2))
    [told] = [each for each in found.evidence if each.what == "performance"]
    assert (told.unit, told.baseline, told.first_day, told.last_day) == ("%", 0.0, on(94), on(94))
    assert told.value == pytest.approx(-4.8, abs=0.1)
    assert told.activity_id is not None
    assert "performance" not in found.unseen
    assert found.level in (Level.POSSIBLE, Level.LIKELY)


def test_a_month_later_it_says_nothing():
    """What was slow then is not what is strained now."""
    past = tried(315.0, 2)
    later = assess_nights(past, [on(125)], CONSTANTS)[0]
    assert all(each.what != "performance" for finding in later.findings for each in finding.evidence)

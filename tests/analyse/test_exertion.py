"""How hard a run was, told in a check-in: it stands where Strava says nothing, and nowhere else."""

from dataclasses import replace
from datetime import time

import pytest

from service.analyse.assess import assess_nights
from service.analyse.diary import diary_of
from service.analyse.load import Method
from service.analyse.sessions import sessions_of
from service.domain.finding import Cause
from service.domain.history import CheckIn
from tests.analyse.people import CONSTANTS, history, on, run, session
from tests.analyse.test_nights import overloaded


def told(activities, efforts={3: 7, 9: 2}):  # noqa: B006 - never changed
    """The ratings of the sessions, in the order of their starts."""
    ordinals = {on(day).toordinal(): effort for day, effort in efforts.items()}
    felt = sessions_of(activities, CONSTANTS.gates, ordinals).perceived_exertion.tolist()
    return [None if value != value else value for value in felt]


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ([run(3)], [7.0]),
        ([run(3, perceived_exertion=4.0)], [4.0]),  # Strava's own stands
        ([run(2), run(3), run(4)], [None, 7.0, None]),  # of its day alone
        ([run(3, 5.0), session(3, sport="Walk", at=time(20), minutes=90.0)], [7.0, None]),  # a walk is no run
        ([run(3, 5.0), run(3, 9.0, at=time(20))], [None, 7.0]),  # the longest of the day
        ([run(3, 2.0, at=time(16, 45), perceived_exertion=2.0), run(3)], [pytest.approx(6.0)]),  # joined
        ([run(3), run(3, at=time(17, 1), average_hr=150.0)], [7.0]),  # a watch and a phone are one
        ([session(3, sport="Ride")], [None]),
        ([], []),
    ],
)
def test_it_is_of_the_longest_run_of_its_day(sessions, expected):
    """One number a day; the others of it stay as they were."""
    assert told(sessions) == expected


def test_it_makes_a_load_where_nothing_better_is_known():
    """Minutes times effort, before a guess from minutes or pace; heart rate comes first."""
    days = [run(day, 8.0) for day in range(0, 60, 2)]
    plain = diary_of(history(days), CONSTANTS, on(60)).loads
    rated = diary_of(history(days, [CheckIn(on(58), exertion=9)]), CONSTANTS, on(60)).loads
    assert plain.method[-1] == Method.PACE
    assert rated.method[-1] == Method.SESSION_RPE
    assert rated.load[-1] == pytest.approx(8 * 5.5 * 9 * 100 / 420)
    assert (rated.method[:-1] == plain.method[:-1]).all()


def test_what_was_told_is_as_good_as_what_was_set_on_strava():
    """The same verdict, night by night: an athlete who never opens Strava can be overreached too."""
    set_there = overloaded(0.93, 2.0, 2)
    unset = tuple(replace(a, perceived_exertion=None) for a in set_there.activities)
    effort = {a.training_day: int(a.perceived_exertion or 0) for a in set_there.activities}
    here = tuple(replace(c, exertion=effort.get(c.date)) for c in set_there.checkins)
    nights = [on(day) for day in range(80, 99)]
    expected = assess_nights(set_there, nights, CONSTANTS)
    assert assess_nights(replace(set_there, activities=unset, checkins=here), nights, CONSTANTS) == expected
    silent = assess_nights(replace(set_there, activities=unset), nights, CONSTANTS)[-1]
    assert any(f.cause is Cause.OVERREACHING for f in expected[-1].findings)
    assert all(e.what != "exertion_at_like_runs" for f in silent.findings for e in f.evidence)


def test_told_too_late_it_changes_no_night_that_saw_less():
    """A night sees what was told of days before it, and nothing of its own."""
    past = overloaded(1.0, 0.0, 4)
    plain = replace(past, activities=tuple(replace(a, perceived_exertion=None) for a in past.activities))
    later = replace(plain, checkins=(*plain.checkins[:-1], replace(plain.checkins[-1], exertion=10)))
    nights = [on(day) for day in range(60, 98)]
    assert later.checkins[-1].date == on(97)
    assert assess_nights(later, nights, CONSTANTS) == assess_nights(plain, nights, CONSTANTS)

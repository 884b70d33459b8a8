"""Descents the legs are not used to, hard starts, and runs that stop at the same point."""

from dataclasses import replace
from datetime import time

import pytest

from service.domain.finding import Cause, Level, State
from tests.analyse.people import on, run
from tests.analyse.runs import detailed, usual
from tests.analyse.seventieth import BEATS, FINE, TIRED, rule, verdict

FLAT = usual(range(68), climb_m=2.0)


def downhill(day, metres=60.0, km=8, **known):
    return detailed(day, km=km, hr=BEATS, climb_m=[-metres] * (km - 2) + [0.0] * 2, **known)


def test_a_novel_descent_is_named_and_asks_for_easy_days():
    """Metres down beside the most of six weeks, until 72 hours after."""
    found = rule("descent", [*FLAT, downhill(69)])
    assert (found.cause, found.until) == (Cause.MUSCLE_FATIGUE, on(72))
    assert (found.evidence[0].what, found.evidence[0].value, found.evidence[0].baseline) == (
        "descent",
        360,
        0,
    )
    assert "rolling_hills" in found.unseen
    sore = rule("descent", [*FLAT, downhill(69)], TIRED)
    assert sore.level in {Level.LIKELY, Level.STRONG}
    assert verdict([*FLAT, downhill(69)], TIRED).state is State.WARN


@pytest.mark.parametrize(
    "sessions",
    [
        [*FLAT, downhill(69, 20.0)],  # not steep
        [*FLAT, downhill(69, 60.0, km=4)],  # 120 m are an ordinary hill
        [*FLAT, downhill(41), downhill(69)],  # the legs know it
        [*usual(range(68), climb_m=None), downhill(69)],  # nothing to compare with
        [*usual(range(68), climb_m=None), *usual(range(1, 24), climb_m=0.0), downhill(69)],  # too little
        [*FLAT, downhill(69, trainer=True)],  # a treadmill goes nowhere
    ],
)
def test_descents_that_are_ordinary_or_unknown_are_silent(sessions):
    """Own normal, and honest about what altitude is missing."""
    assert rule("descent", sessions) is None


def test_an_ordinary_descent_is_ruled_out_beside_other_findings():
    """And an unknown one stays unseen."""
    big = detailed(69, km=19, hr=BEATS, climb_m=1.0)
    seen, unseen = (rule("session_spike", [*FLAT, each]) for each in (big, replace(big, splits=())))
    assert "descent" in seen.ruled_out
    assert "descent" not in seen.unseen
    assert "descent" in unseen.unseen


def test_a_spike_downhill_stays_a_spike():
    """With the descent among its evidence."""
    found = verdict([*FLAT, downhill(69, km=21)]).findings[0]
    assert found.rule == "session_spike"
    assert "descent" in {e.what for e in found.evidence}
    assert "descent" not in found.unseen


QUICK = [292.0] * 2 + [285.0] * 4
"""Opens hardly slower than the work."""


def fast(day, paces=QUICK, **known):
    return detailed(day, km=len(paces), pace_s=paces, hr=170.0, **known)


@pytest.mark.parametrize(
    ("tipped", "sessions"),
    [
        (True, [fast(69)]),
        (False, [fast(69, [400.0] * 2 + [285.0] * 4)]),  # an easy beginning
        (False, [fast(69, [317.0] + [285.0] * 5)]),  # not so easy, but not cold
        (True, [fast(69, [317.0] + [285.0] * 5, temperature_c=2.0)]),  # in the cold sooner
        (False, [run(69, 2.0, at=time(16, 25)), fast(69)]),  # a warm-up recorded apart
        (False, [run(69, 2.0, at=time(16, 40)), fast(69)]),  # and one joined to it
        (False, [detailed(69, pace_s=330.0, hr=BEATS)]),  # easy runs are never nagged
        (False, [fast(69, trainer=True)]),
    ],
)
def test_a_fast_start_into_a_fast_session_is_a_tip(tipped, sessions):
    """Never a level, never a reason to watch."""
    base = [*usual(range(60)), fast(62, [400.0] * 3 + [280.0] * 5)]
    found = rule("straight_into_hard", [*base, *sessions])
    assert (found is not None) == tipped
    if found is not None:
        assert (found.level, found.channels) == (None, {})
        assert verdict([*base, *sessions]).state is not State.WARN


def stopping(day, at_km=2, seconds=90.0, **known):
    return detailed(day, hr=BEATS, stood_s=[seconds if n == at_km else 0.0 for n in range(10)], **known)


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        (True, [stopping(day) for day in (61, 63, 65, 67, 69)]),
        (
            True,
            [stopping(61, seconds=0.0), *[stopping(day) for day in (63, 65, 67)], stopping(69, seconds=0.0)],
        ),
        (False, [stopping(day, seconds=30.0) for day in (61, 63, 65, 67, 69)]),  # traffic lights
        (False, [stopping(day, at_km=at) for day, at in ((61, 1), (63, 4), (65, 1), (67, 4), (69, 3))]),
        (False, [stopping(day, at_km=8) for day in (61, 63, 65, 67, 69)]),  # late in the run
        (False, [stopping(69)]),  # once
    ],
)
def test_runs_that_stop_at_about_the_same_point_are_a_question(asked, last):
    """In most of the last five, seen only between elapsed and moving time of splits."""
    found = rule("stop_pattern", [*usual(range(60)), *last])
    assert (found is not None) == asked
    if found is not None:
        assert found.level is None
        assert found.evidence[0].what == "stopped_runs"


def test_pauses_of_unknown_place_are_no_pattern():
    """Summaries say how long was stood, not when."""
    last = [replace(run(day), elapsed_s=run(day).moving_s + 120) for day in range(0, 70, 2)]
    assert rule("stop_pattern", last) is None
    undated = [
        replace(each, splits=tuple(replace(split, elapsed_s=None) for split in each.splits))
        for each in usual(range(70))
    ]
    assert rule("stop_pattern", undated) is None


def test_an_unfelt_descent_with_a_usual_heart_rate_is_not_worth_a_word():
    """Two channels that were seen and quiet outweigh it."""
    assert rule("descent", [*FLAT, downhill(69)]) is not None
    assert rule("descent", [*FLAT, downhill(69)], FINE) is None

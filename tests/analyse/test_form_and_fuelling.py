"""Fewer steps at the same speed, steps that fade late, and long runs that fade."""

from dataclasses import replace
from datetime import time

import pytest

from service.domain.finding import Cause, Level, State
from tests.analyse.people import run
from tests.analyse.runs import detailed, usual
from tests.analyse.seventieth import BEATS, FINE, STEPS, TIRED, rule, verdict

STEADY_STEPS = usual(range(60), device="watch", gear_id="g1")


def stepping(day, steps=STEPS * 0.95, **known):
    return detailed(day, hr=BEATS, spm=steps, **({"device": "watch", "gear_id": "g1"} | known))


SLOW_STEPS = [stepping(day) for day in (65, 67, 69)]


def test_fewer_steps_at_the_same_speed_are_possible_not_more():
    """One channel, watched; with heavy legs in the same days two, likely."""
    first = rule("fewer_steps", [*STEADY_STEPS, *SLOW_STEPS])
    assert (first.cause, first.level) == (Cause.RUNNING_FORM, Level.POSSIBLE)
    assert verdict([*STEADY_STEPS, *SLOW_STEPS]).state is State.WATCH
    assert first.evidence[0].value / first.evidence[0].baseline == pytest.approx(0.95, abs=0.01)
    assert "new_shoes" not in first.unseen
    told = rule("fewer_steps", [*STEADY_STEPS, *SLOW_STEPS], TIRED)
    assert told.level is Level.LIKELY
    fine = rule("fewer_steps", [*STEADY_STEPS, *SLOW_STEPS], FINE)
    assert fine.level is Level.POSSIBLE
    assert "self_report" in fine.ruled_out


@pytest.mark.parametrize(
    "recent",
    [
        [stepping(day, STEPS) for day in (65, 67, 69)],  # as always
        [stepping(day, STEPS * 1.05) for day in (65, 67, 69)],  # more steps are no reason
        [stepping(day, device="new") for day in (65, 67, 69)],  # another watch counts otherwise
        [stepping(day, sport="TrailRun") for day in (65, 67, 69)],  # trails change steps
        [stepping(day, trainer=True) for day in (65, 67, 69)],  # so do treadmills
        [stepping(day, climb_m=60.0) for day in (65, 67, 69)],  # and hills
        [stepping(day, None) for day in (65, 67, 69)],  # not seen
        [stepping(day, pace_s=600.0) for day in (65, 67, 69)],  # walking
    ],
)
def test_steps_that_have_a_reason_are_no_finding(recent):
    """Compared are road runs with the same watch at running speed."""
    assert rule("fewer_steps", [*STEADY_STEPS, *recent]) is None


def test_new_shoes_are_named():
    """They may explain it all."""
    worn = [stepping(day, gear_id="g2") for day in (65, 67, 69)]
    assert "new_shoes" in rule("fewer_steps", [*STEADY_STEPS, *worn]).unseen


def tiring(day, fade, **known):
    steps = [STEPS] * 8 + [STEPS * (1 + fade)] * 2
    return detailed(day, hr=BEATS, spm=steps, **({"device": "watch", "gear_id": "g1"} | known))


@pytest.mark.parametrize(
    ("faded", "last"),
    [
        (True, [tiring(65, -0.06), tiring(67, 0.0), tiring(69, -0.06)]),  # two of three
        (False, [tiring(65, 0.0), tiring(67, 0.0), tiring(69, -0.06)]),  # once
        (False, [tiring(65, -0.02), tiring(67, -0.02), tiring(69, -0.02)]),  # hardly
        (False, [tiring(65, -0.06, laps=()), tiring(67, -0.06, laps=()), tiring(69, -0.06, laps=())]),
    ],
)
def test_steps_that_fade_late_are_told_from_laps(faded, last):
    """In most of the last runs, deeper than the athlete's own usual."""
    found = rule("late_fade", [*STEADY_STEPS, *last])
    assert (found is not None) == faded
    if found is not None:
        assert "late_cadence" in {e.what for e in found.evidence}


def long_run(day, *, fade=0.10, rise=-0.01, at=time(9), km=18, **known):
    """A run whose last third is slower by a share and whose heart then beats otherwise by another."""
    third = km // 3
    paces = [330.0] * (km - third) + [330.0 / (1 - fade)] * third
    hearts = [150.0] * (km - third) + [150.0 * (1 + rise)] * third
    return detailed(day, km=km, pace_s=paces, hr=hearts, at=at, **known)


EARLIER = [long_run(day, at=time(6, 30)) for day in (50, 57)]
SHORT = [run(day) for day in range(0, 69, 3)]


@pytest.mark.parametrize(
    ("possible", "last"),
    [
        (True, long_run(69)),  # slower, and the heart no faster
        (False, long_run(69, rise=0.05)),  # the heart faster: heat or fluid
        (False, long_run(69, fade=0.03)),  # hardly slower
        (False, long_run(69, km=12)),  # not long
        (False, replace(long_run(69), splits=())),  # only its averages are known
        (False, long_run(69, trainer=True)),  # a treadmill
    ],
)
def test_long_runs_that_fade_are_a_question_about_eating(possible, last):
    """Possible at most, with what was seen and how many began before breakfast."""
    found = rule("fading_long_runs", [*SHORT, *EARLIER, last])
    assert (found is not None) == possible
    if found is not None:
        assert found.level is Level.POSSIBLE
        seen = {e.what: e.value for e in found.evidence}
        assert (seen["faded_long_runs"], seen["early_starts"]) == (3, 2)
        assert seen["late_slowing"] == pytest.approx(10, abs=0.2)
        assert verdict([*SHORT, *EARLIER, last]).state is not State.WARN


def test_one_fading_long_run_is_an_accident():
    """And a hidden start says nothing of breakfast."""
    assert rule("fading_long_runs", [*SHORT, long_run(69)]) is None
    unknown = [replace(each, start_hidden=True) for each in EARLIER]
    found = rule("fading_long_runs", [*SHORT, *unknown, long_run(69)])
    assert "early_starts" not in {e.what for e in found.evidence}


def test_heavy_legs_never_make_fuelling_more_than_possible():
    """Tired muscles look the same."""
    assert rule("fading_long_runs", [*SHORT, *EARLIER, long_run(69)], TIRED).level is Level.POSSIBLE

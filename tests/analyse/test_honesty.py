"""Verdicts that say no more than was seen: after breaks, in warm climates, of poor data, in one breath."""

from dataclasses import replace
from pathlib import Path

import pytest

from service.advise import catalogue
from service.analyse.assess import assess_nights
from service.domain.finding import Channel, Context, Level, State
from service.domain.history import History
from service.jobs.replayed import decided
from tests.analyse.people import CONSTANTS, answers, history, on, run, steady
from tests.analyse.test_nights import overloaded, verdict

LIMITS = catalogue.load(Path(__file__).parents[2] / "config" / "advice.toml").restraint


def back(day: int, km: float) -> History:
    """Steady weeks, eleven days of nothing from day 60 on, steady again, and one long run."""
    past = [a for a in steady(day) if not on(60) <= a.training_day <= on(70)]
    return history([*past, run(day, km)])


@pytest.mark.parametrize(
    ("day", "km", "mailed"),
    [
        (80, 41.0, True),  # more than twice anything of months, before the break too
        (105, 41.0, True),
        (80, 20.0, False),  # far beyond the first weeks back, and no more than it was
    ],
)
def test_a_run_far_beyond_the_usual_is_told_after_a_break_too(day, km, mailed):
    """Load means something else for six weeks; the length of a run does not, beside that of months."""
    past = back(day, km)
    nights = [on(day + n) for n in range(-5, 2)]
    last = list(decided(assess_nights(past, nights, CONSTANTS), LIMITS))[-1]
    assert Context.RETURN_FROM_BREAK in last.assessment.contexts
    assert last.decision.mail == mailed


def in_air(past: History, celsius: float, days: range) -> History:
    """The same with the runs of those days in such warmth."""
    warm = {on(day) for day in days}
    return replace(
        past,
        activities=tuple(
            replace(a, temperature_c=celsius if a.training_day in warm else 10.0) for a in past.activities
        ),
    )


def test_a_warm_climate_is_no_hot_spell():
    """Who has run in it for weeks is used to it; a first week of it explains what is said and felt."""
    past = overloaded(0.94, 2.0, 2)
    rules = [
        {finding.rule for finding in verdict(in_air(past, 26.5, range(first, 98)), 98).findings}
        for first in (0, 91)
    ]
    assert "possible_overreaching" in rules[0]
    assert "possible_overreaching" not in rules[1]


def test_load_of_nothing_but_minutes_makes_nobody_sure():
    """The same block and answers: with distances likely, from minutes alone possible at most."""
    said = answers(range(60), soreness=4, legs=3) + answers((87, 88, 89), soreness=1, legs=1)
    hard = [run(day, 14.0) for day in (87, 88, 89)]
    whole = history([*steady(86), *hard], said)
    bare = replace(
        whole, activities=tuple(replace(a, sport="Workout", distance_m=0.0) for a in whole.activities)
    )
    levels = [verdict(past, 90).level for past in (whole, bare)]
    assert levels[0] in (Level.LIKELY, Level.STRONG)
    assert levels[1] in (None, Level.POSSIBLE)


def test_a_slower_hard_effort_is_a_word_beside_which_heart_rate_counts():
    """Le Meur 2013: lower heart rate and lower speed, without a rating or an answer: possible, no more."""
    past = overloaded(0.94, 0.0, 4)
    bare = [replace(a, perceived_exertion=None) for a in past.activities]
    efforts = [run(day, 10.0, pace_s=300.0, workout_type=1) for day in (10, 30, 50, 60)]
    slow = run(94, 10.0, pace_s=315.0, perceived_exertion=9.0)
    days = {on(day) for day in (10, 30, 50, 60, 94)}
    others = [a for a in bare if a.training_day not in days]
    found = {f.rule: f for f in verdict(history([*others, *efforts, slow]), 98).findings}
    assert found["possible_overreaching"].level is Level.POSSIBLE
    assert Channel.HEART_RATE in found["possible_overreaching"].channels
    assert Channel.SELF_REPORT not in found["possible_overreaching"].channels


def test_strain_that_is_over_is_not_said():
    """Stage one is of this morning; what comes after strain remembers it for two weeks, the page does not."""
    past = overloaded(1.0, 0.0, 4)
    easy = [run(day, 4.0) for day in range(99, 112, 4)]
    rules = [
        [
            finding.rule
            for finding in verdict(history([*past.activities, *easy], past.checkins), night).findings
        ]
        for night in (98, 110)
    ]
    assert "strain" in rules[0]
    assert "strain" not in rules[1]


def test_a_heart_rate_that_moved_is_not_as_usual():
    """Within its own scatter it says nothing, and is not said to be what it was not."""
    moved = overloaded(1.045, 2.0, 2)
    for finding in verdict(moved, 98).findings:
        shown = [each.value for each in finding.evidence if each.what == "hr_at_own_speed"]
        if shown and abs(shown[0]) >= 3:
            assert "heart_rate" not in finding.ruled_out
    quiet = verdict(overloaded(1.0, 2.0, 2), 98)
    assert quiet.state in (State.WATCH, State.WARN)
    assert any("heart_rate" in finding.ruled_out for finding in quiet.findings)


def test_answers_that_are_always_low_are_not_as_usual():
    """No lower than their own mean, and low all the same: what is said is what was answered."""
    said = answers(range(95), soreness=1, legs=1, fatigue=1)
    hard = [run(day, 14.0) for day in range(90, 96)]
    found = [f for f in verdict(history([*steady(89), *hard], said), 96).findings if f.channels]
    assert found
    assert all("self_report" not in finding.ruled_out for finding in found)
    assert any("self_report_low" in finding.ruled_out for finding in found)

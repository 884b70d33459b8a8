"""Defects found in other programs that read training load; each row is ours done right.

The programs and the places are named in the notes on peers; here stands only what should happen.
"""

import ast
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from service.advise import catalogue
from service.advise.restraint import Sendable, decide
from service.analyse.assess import assess_nights
from service.analyse.diary import ROW, diary_of
from service.analyse.drift import decoupling
from service.analyse.load import Method, session_loads
from service.analyse.sessions import sessions_of
from service.analyse.trend import exponential_mean, gain, monotony, strain
from service.domain.activity import Activity, Source
from service.domain.finding import State
from service.domain.history import Profile
from service.domain.night import Silence
from tests.analyse.people import CONSTANTS, heart_rate, history, on, run, steady
from tests.verdicts import NIGHT, assessment

ROOT = Path(__file__).parents[2]
CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "perf_counter"}


def loads(activities, profile: Profile | None = None):
    return session_loads(sessions_of(activities, CONSTANTS.gates), profile or Profile(), CONSTANTS)


def test_seven_equal_days_are_never_the_safest_week():
    """Rivals answer 0 or "unknown" where the measure has its maximum; ours is no number, so no "low"."""
    assert monotony([60.0] * 7) is None
    assert strain([60.0] * 7) is None
    almost = monotony([60.0] * 6 + [61.0])
    assert almost is not None
    assert almost > 100


def test_a_rising_heart_rate_at_even_speed_is_positive_drift():
    """One sign for one name."""
    assert decoupling(3.0, 140, 3.0, 149) > 0
    assert decoupling(3.0, 149, 3.0, 140) < 0


def test_a_jog_without_a_known_threshold_costs_less_than_an_hour_at_threshold():
    """And is believed less than a measured one."""
    jogs = [run(day, 60 / 7, pace_s=420) for day in range(0, 60, 3)]
    found = loads(jogs)
    assert (found.load < 100).all()
    assert (found.quality <= CONSTANTS.quality.pace).all()


def test_a_run_without_heart_rate_is_not_rest():
    """Every second run lacks it: no hole in the load, and no spike when it is back."""
    sessions = [
        run(day, 10.0, pace_s=330, **(heart_rate(330) if day % 4 == 1 else {})) for day in range(1, 121, 2)
    ]
    found = loads(sessions)
    with_hr = found.load[found.method == Method.AVERAGE_HR]
    without = found.load[found.method != Method.AVERAGE_HR]
    assert len(without) >= 25
    assert np.median(without[10:]) == pytest.approx(np.median(with_hr), rel=0.3)
    nights = assess_nights(history(sessions), [on(day) for day in range(60, 121)], CONSTANTS)
    assert all(night.state is not State.WARN for night in nights)


@pytest.mark.parametrize("stage", ["analyse", "advise", "domain"])
def test_no_clock_runs_inside_judgement(stage):
    """The night is an argument: nothing asks what time it is."""
    for path in (ROOT / "service" / stage).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                named = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
                clock = named in {"datetime", "date", "time"} and node.func.attr in CLOCKS
                assert not clock, f"{path.name}:{node.lineno}"


def test_a_sunday_evening_run_belongs_to_sunday():
    """In California Sunday 20:00 is Monday in UTC."""
    start = datetime(2025, 3, 10, 4, 0, tzinfo=UTC)
    evening = Activity(
        source=Source.STRAVA, external_id="1", sport="Run", start=start, utc_offset_s=-8 * 3600,
        moving_s=3600, elapsed_s=3600, distance_m=10_000.0,
    )  # fmt: skip
    assert start.weekday() == 0
    assert evening.training_day.weekday() == 6
    diary = diary_of(history([evening]), CONSTANTS, evening.training_day + timedelta(days=1))
    assert diary.days.values[ROW["runs"], -1] == 1


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_no_day_of_the_week_is_special(shift):
    """No part of a week is held against a whole one: the same runs some days later, the same verdicts."""
    past = steady(150, seed=4)
    moved = [replace(a, start=a.start + timedelta(days=shift)) for a in past]
    before = assess_nights(history(past), [on(day) for day in range(100, 150)], CONSTANTS)
    after = assess_nights(history(moved), [on(day + shift) for day in range(100, 150)], CONSTANTS)
    assert [night.score for night in before] == pytest.approx([night.score for night in after])
    assert [night.state for night in before] == [night.state for night in after]


def test_the_step_of_the_means_is_the_one_we_name():
    """1 - e^(-1/tau): neither 2/(N+1) nor 1/N, whose thresholds would be others."""
    assert gain(42) == pytest.approx(1 - np.exp(-1 / 42))
    assert gain(42) < 1 / 42 < 2 / 43


def test_fitness_and_fatigue_are_no_rolling_means():
    """After seven days of 100 a rolling mean would stand at 100."""
    assert exponential_mean([100.0] * 7, 7, 0.0)[-1] == pytest.approx(63.212, abs=1e-3)


def test_a_new_runner_is_learning_not_in_danger():
    """Fatigue over twice fitness after two weeks of running says nothing yet."""
    found = assess_nights(history([run(day, 6.0) for day in range(0, 14, 2)]), [on(14)], CONSTANTS)[0]
    assert (found.state, found.findings) == (State.LEARNING, ())


def test_three_easy_days_in_a_row_are_not_worth_a_word():
    """Short runs on consecutive days in a steady season."""
    past = [a for a in steady(90) if a.training_day < on(87)]
    easy = [run(day, 4.0, perceived_exertion=2.0) for day in (87, 88, 89)]
    assert assess_nights(history([*past, *easy]), [on(90)], CONSTANTS)[0].state is not State.WARN


def test_an_unknown_resting_heart_rate_is_the_constant_written_down():
    """Not a share of the maximal one: at that rate the load is nothing, whoever runs."""
    resting = CONSTANTS.load.resting_hr
    for top in (170, 200):
        found = loads([run(0, 8.0, average_hr=resting, max_hr=top)], Profile(max_hr=top))
        assert found.load[0] == pytest.approx(0.0)


def test_no_warning_goes_anywhere_but_to_a_confirmed_address():
    """There is no destination by default."""
    limits = catalogue.load(ROOT / "config" / "advice.toml").restraint
    nobody = Sendable(address_confirmed=False, wanted=True)
    before = assessment(night=NIGHT - timedelta(days=1))
    decision = decide(assessment(), [before], [], sendable=nobody, limits=limits)
    assert decision.silent_because is Silence.NO_ADDRESS

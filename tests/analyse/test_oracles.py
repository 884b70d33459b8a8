"""Published and worked-out values of the literature; sources stand beside each."""

import csv
import gzip
import json
from datetime import date, timedelta
from math import floor
from pathlib import Path

import numpy as np
import pytest

from service.analyse import trend
from service.analyse.load import (
    banister_trimp,
    edwards_trimp,
    heart_rate_load,
    lucia_trimp,
    pace_load,
    reserve,
    session_rpe,
)
from service.analyse.recovery import tier_of
from service.analyse.terrain import effort_factor, running_cost
from tests.analyse.people import CONSTANTS

ORACLES = Path(__file__).parents[3] / "shared" / "data" / "oracles"
needs_oracles = pytest.mark.skipif(not ORACLES.is_dir(), reason=f"recorded oracles are not at {ORACLES}")
MEN, WOMEN = (0.64, 1.92), (0.86, 1.67)


@pytest.mark.parametrize(
    ("expected", "minutes", "hr", "rest", "top", "sex"),
    [
        (31.802539, 30, 130, 40, 200, MEN),  # published by Fellrnr
        (98.390221, 66.2, 138, 44, 187, MEN),  # published on the intervals.icu forum
        (108.095359, 60, 150, 50, 190, MEN),  # worked out
        (121.499067, 60, 150, 50, 190, WOMEN),  # worked out: the female weighting is the higher one
    ],
)
def test_banister_impulse_is_as_published(expected, minutes, hr, rest, top, sex):
    """Banister 1991, Morton 1990."""
    a, b = sex
    assert banister_trimp(minutes, reserve(hr, rest, top), b, a) == pytest.approx(expected, rel=1e-6)


def test_banister_impulse_adds_up_over_segments():
    """30 min at 120 and 30 min at 180 cost more than an hour at their mean."""
    parts = banister_trimp([30, 30], reserve([120, 180], 50, 190), 1.92, 0.64).sum()
    assert parts == pytest.approx(131.095646, rel=1e-6)


@pytest.mark.parametrize(("expected", "b"), [(63.342906, 1.92), (65.646035, 1.67)])
def test_load_is_an_hour_at_threshold(expected, b):
    """60 min at 150 of 50..190 with threshold 170; the constant a cancels, b hardly matters."""
    found = heart_rate_load(60, reserve(150, 50, 190), reserve(170, 50, 190), b)
    assert found == pytest.approx(expected, rel=1e-6)
    assert heart_rate_load(60, reserve(170, 50, 190), reserve(170, 50, 190), b) == pytest.approx(100)


def test_zone_impulses_weigh_minutes():
    """Edwards 1993 and Lucía 2003, worked out by hand."""
    assert edwards_trimp([10, 20, 20, 8, 2]) == 152
    assert lucia_trimp([40, 15, 5]) == 85


def test_session_rpe_is_minutes_times_exertion():
    """Foster 2001."""
    assert session_rpe(60, 5) == 300


@pytest.mark.parametrize(
    ("expected", "seconds", "intensity"),
    [(100, 3600, 1.0), (60.75, 2700, 0.9), (40.5, 1800, 0.9)],  # TrainingPeaks' own arithmetic
)
def test_pace_load_is_hours_times_intensity_squared(expected, seconds, intensity):
    """100 · h · IF²."""
    assert pace_load(seconds, intensity) == pytest.approx(expected)


def test_fitness_and_fatigue_follow_the_exponential_step():
    """Worked out: from 50, loads 100, 0, 80, 0, 120, 0, 60."""
    loads = [100, 0, 80, 0, 120, 0, 60]
    fitness = trend.exponential_mean(loads, 42, 50.0)
    fatigue = trend.exponential_mean(loads, 7, 50.0)
    assert fitness[-1] == pytest.approx(50.1788, abs=1e-4)
    assert fatigue[-1] == pytest.approx(50.0493, abs=1e-4)
    mornings = np.concatenate(([0.0], fitness - fatigue))
    expected = [0, -5.480, 0.858, -2.547, 3.346, -4.827, 1.421, 0.1294]
    assert mornings == pytest.approx(expected, abs=6e-4)


def test_forty_two_days_reach_sixty_three_percent():
    """1 − 1/e after one time constant; 2/(N+1) would give 86.47."""
    loads = np.full(42, 100.0)
    assert trend.exponential_mean(loads, 42, 0.0)[-1] == pytest.approx(63.2121, abs=1e-4)
    assert trend.exponential_mean(loads, 7, 0.0)[-1] == pytest.approx(99.7521, abs=1e-4)


@needs_oracles
def test_fitness_trend_agrees_with_elevate():
    """Elevate's own expected values, floored to two decimals; form is yesterday's."""
    record = json.loads((ORACLES / "elevate.json").read_text())["fitness_trend"]
    first = date.fromisoformat(record["first_day"])
    loads = np.zeros(60)
    for day, load in record["daily_load_used_by_the_test"].items():
        loads[(date.fromisoformat(day) - first).days] = load
    fitness, fatigue = (trend.exponential_mean(loads, tau, 0.0) for tau in (42, 7))
    for day, expected in record["expected"].items():
        at = (date.fromisoformat(day) - first) // timedelta(days=1)
        assert floor(fitness[at] * 100) / 100 == pytest.approx(expected["ctl"], abs=1e-9)
        assert floor(fatigue[at] * 100) / 100 == pytest.approx(expected["atl"], abs=1e-9)
        form = fitness[at - 1] - fatigue[at - 1]
        assert floor(form * 100) / 100 == pytest.approx(expected["tsb"], abs=1e-9)


@needs_oracles
def test_fitness_steps_agree_with_intervals_icu():
    """363 recorded day-to-day steps of another program, to 1e-4."""
    with (ORACLES / "intervals_icu_ctl_atl_steps.csv").open() as file:
        steps = [row for row in csv.DictReader(file) if row["ok"] == "True"]
    assert len(steps) == 363
    for row in steps:
        loads = [0.0] * (int(row["days"]) - 1) + [float(row["load_on_to_date"])]
        for name, tau in (("ctl", 42), ("atl", 7)):
            found = trend.exponential_mean(loads, tau, float(row[f"{name}_from"]))[-1]
            assert found == pytest.approx(float(row[f"{name}_to"]), abs=1e-4)


@needs_oracles
def test_impulses_of_elevate_bound_ours_from_above():
    """294 activities of another program: an impulse from the mean heart rate is never above the one
    integrated over the stream (the curve is convex), and seldom far below it."""
    with gzip.open(ORACLES / "elevate_activities_2011_2016.json.gz", "rt") as file:
        rows = json.load(file)
    hearts = [h for row in rows if (h := (row.get("extendedStats") or {}).get("heartRateData"))]
    whole = np.array([h["TRIMP"] for h in hearts])
    minutes = 60 * whole / np.array([h["TRIMPPerHour"] for h in hearts])
    mean = banister_trimp(minutes, [h["activityHeartRateReserve"] / 100 for h in hearts], 1.92, 0.64)
    assert len(hearts) == 294
    assert (mean <= whole * 1.0001).all()
    assert np.median(mean / whole) > 0.93


def test_ratios_for_charts_are_as_published():
    """28 days of 50 then 7 of 100; the acwr package prints the same."""
    loads = [50.0] * 28 + [100.0] * 7
    assert trend.acute_chronic(loads) == pytest.approx(1.6)
    assert trend.acute_chronic(loads, coupled=False) == pytest.approx(2.0)
    assert trend.acute_chronic_ewma(loads) == pytest.approx(1.339350, rel=1e-6)
    assert trend.acute_chronic([0.0] * 28) is None
    assert trend.acute_chronic_ewma([0.0] * 28) is None


def test_monotony_and_strain_use_the_sample_spread():
    """Foster 1998; the sample deviation is 8 % larger than the population's."""
    loads = [300, 0, 450, 0, 300, 0, 600]
    assert trend.monotony(loads) == pytest.approx(0.971008, rel=1e-6)
    assert trend.strain(loads) == pytest.approx(1602.1637, rel=1e-6)
    assert trend.monotony(loads, ddof=0) == pytest.approx(1.048809, rel=1e-6)
    assert trend.strain(loads, ddof=0) == pytest.approx(1730.5346, rel=1e-6)


def test_a_season_in_columns_is_every_day_s_formula():
    """Day by day, many athletes at once: the same figures as the formulas give, one day and one athlete."""
    dice = np.random.default_rng(3)
    load = np.where(dice.random((90, 4)) < 0.7, dice.lognormal(4, 0.5, (90, 4)).round(1), 0.0)
    load[40:60, 1] = 50.0  # days that do not differ
    load[20:70, 2] = 0.0
    start = load[:28].mean(axis=0)
    found = trend.season(load, start)
    for place, tau in enumerate((42, 7)):
        assert found[:, place] == pytest.approx(trend.exponential_mean(load, tau, start))
    assert found[:, 2] == pytest.approx(found[:, 0] - found[:, 1])
    for day, athlete in np.ndindex(90, 4):
        week, month = load[max(0, day - 6) : day + 1, athlete], load[max(0, day - 27) : day + 1, athlete]
        expected = [
            trend.acute_chronic(month) if len(month) == 28 else None,
            trend.monotony(week) if len(week) == 7 else None,
            trend.strain(week) if len(week) == 7 else None,
        ]
        numbers = [np.nan if value is None else value for value in expected]
        assert found[day, 3:, athlete] == pytest.approx(numbers, rel=1e-6, nan_ok=True)


def test_a_week_of_equal_days_has_no_monotony():
    """Undefined, never zero: peers read it as safe."""
    assert trend.monotony([50.0] * 7) is None
    assert trend.strain([50.0] * 7) is None


@pytest.mark.parametrize(
    ("expected", "metres"),
    [
        (0, 16_500),  # exactly 10 % more
        (1, 16_501),
        (1, 19_500),
        (2, 19_501),
        (2, 30_000),  # exactly doubled
        (3, 30_001),
    ],
)
def test_spike_bands_have_exact_edges(expected, metres):
    """Frandsen 2025, after a longest run of 15,000 m; in whole metres, free of rounding."""
    assert tier_of(np.array([metres]), np.array([15_000.0]), CONSTANTS)[0] == expected


def test_weekly_progression_is_a_share():
    """30 km then 39 km is 30 %, which is not more than 30 %."""
    assert trend.weekly_progression(30, 39) == pytest.approx(0.30)
    assert trend.weekly_progression(0, 39) is None


@pytest.mark.parametrize(
    ("expected", "grade"),
    [
        (4.0323, -0.45),
        (2.4622, -0.30),
        (1.800032, -0.2),
        (2.151706, -0.1),
        (3.6, 0.0),
        (4.685196, 0.05),
        (5.968214, 0.1),
        (9.0067, 0.2),
        (19.4260, 0.45),
    ],
)
def test_running_cost_is_minettis(expected, grade):
    """Minetti 2002, table of the polynomial."""
    assert running_cost(grade) == pytest.approx(expected, rel=1e-4)


def test_running_is_cheapest_at_minus_eighteen_percent():
    """Minimum 1.7813 at −0.18135."""
    grades = np.arange(-0.45, 0.45, 1e-5)
    cost = running_cost(grades)
    assert grades[cost.argmin()] == pytest.approx(-0.18135, abs=2e-5)
    assert cost.min() == pytest.approx(1.781269, rel=1e-6)


@pytest.mark.parametrize(("expected", "grade"), [(276.61596, 0.05), (471.97229, -0.05)])
def test_flat_pace_by_cost(expected, grade):
    """6:00/km uphill and downhill, by metabolic cost."""
    assert 360 * 3.6 / running_cost(grade) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("expected", "grade"), [(0.906, -0.05), (0.88264, -0.09), (0.99856, -0.18), (1.0, -0.3), (1.0, 0.0)]
)
def test_descent_is_adjusted_by_effort(expected, grade):
    """Equal heart rate, not cost: easiest at −9 %, as flat at −18 %."""
    assert effort_factor(grade) == pytest.approx(expected, rel=1e-6)

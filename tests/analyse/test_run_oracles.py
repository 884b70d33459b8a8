"""Values of the literature and of other programs for what single runs tell; sources stand beside each."""

import csv
import gzip
import importlib
from pathlib import Path
from types import SimpleNamespace

import fitdecode
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analyse import trend
from service.analyse.diary import ROW, diary_of
from service.analyse.drift import decoupling
from service.analyse.form import step_length
from service.analyse.heart import running_speed_index
from service.analyse.heat import wet_bulb_globe
from service.analyse.highest_hr import by_age
from service.analyse.load import banister_trimp, heart_rate_load, reserve
from service.analyse.speed import critical_speed, polarization
from service.analyse.terrain import effort_factor, running_cost
from service.domain.history import Profile
from tests.analyse.people import CONSTANTS, history, on, run

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"recorded data are not at {SHARED}")


@pytest.mark.parametrize(
    ("expected", "v", "hr"),
    [
        (4.761905, (3.0, 3.0), (140, 147)),  # heart rate rises at the same speed: positive
        (6.349206, (3.0, 2.95), (140, 147)),  # and the speed falls
        (0.0, (3.0, 3.0), (140, 140)),  # nothing changed
    ],
)
def test_decoupling_is_positive_where_the_heart_works_harder(expected, v, hr):
    """Worked out; two peers have the sign wrong."""
    assert 100 * decoupling(v[0], hr[0], v[1], hr[1]) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("speed", "d_prime", "metres", "seconds"),
    [
        (4.0, 150.0, [400, 800, 5000], [62.5, 162.5, 1212.5]),  # on one line
        (3.916757, 105.677139, [400, 800, 5000], [80, 172, 1250]),  # least squares
        (4.148148, 213.3333, [960, 3200], [180, 720]),  # two points
    ],
)
def test_critical_speed_is_the_slope_of_distance_over_time(speed, d_prime, metres, seconds):
    """Monod and Scherrer 1965."""
    found = critical_speed(metres, seconds)
    assert found == (pytest.approx(speed, rel=1e-6), pytest.approx(d_prime, rel=1e-6))


@pytest.mark.parametrize(
    ("expected", "t", "humidity"),
    [(19.863, 20, 50), (24.321, 25, 50), (29.259, 30, 50), (32.583, 30, 70)],  # worked out from the formula
)
def test_wet_bulb_globe_temperature_is_approximated(expected, t, humidity):
    """Australian Bureau of Meteorology."""
    assert wet_bulb_globe(t, humidity) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("expected", "zones"),
    [
        (2.380211, (0.80, 0.05, 0.15)),  # polarised
        (1.544068, (0.70, 0.20, 0.10)),  # pyramidal
        (0.0, (0.8, 0.2, 0.0)),  # nothing hard
    ],
)
def test_polarization_index_is_treffs(expected, zones):
    """Treff 2019."""
    assert polarization(zones) == pytest.approx(expected, rel=1e-6)


def test_running_speed_index_is_vesterinens():
    """Rest 50, highest 190, peak 16 km/h: 11 km/h at 150 beats."""
    assert running_speed_index(11.0, 150.0, 50.0, 190.0, 16.0) == pytest.approx(0.614035, abs=1e-6)


def test_formulas_of_the_highest_heart_rate_differ():
    """At forty years Tanaka 2001 says 180, Nes 2013 (ours) 185.4."""
    assert by_age(40) == pytest.approx(180.0)
    nes = CONSTANTS.load.hr_max_at_birth - CONSTANTS.load.hr_max_per_year * 40
    assert nes == pytest.approx(185.4)


def test_hills_of_a_kilometre_add_up():
    """100 m up 10 % and 100 m down 10 % are 225.55 m on the flat, by cost (Minetti 2002)."""
    metres = 100 * (running_cost(0.1) + running_cost(-0.1)) / 3.6
    assert metres == pytest.approx(225.55, abs=0.01)


def test_heart_rate_at_speed_does_not_move_with_the_mix_of_runs():
    """Easy weeks or fast ones: on one and the same line of heart rate over speed nothing has changed, though
    speed a beat rises by a sixth from the one to the other."""

    def shift(paces):
        runs = [
            run(day, 10.0, pace_s=pace, average_hr=70 + 27 * 1000 / pace) for day, pace in enumerate(paces)
        ]
        days = diary_of(history(runs, profile=Profile(max_hr=200)), CONSTANTS, on(len(paces))).days
        return days.values[ROW["hr_shift"], -3:]

    base = [400.0, 370.0, 340.0, 310.0] * 10
    for last in ([400.0] * 3, [310.0] * 3):
        assert shift([*base, *last]) == pytest.approx(0.0, abs=0.002)


def test_step_length_is_speed_over_steps():
    """3.0 m/s at 85 strides a minute."""
    assert step_length(3.0, 170) == pytest.approx(1.058824, rel=1e-6)


def records(name: str) -> np.ndarray:
    """Seconds, metres, altitude and heart rate of a recording's points."""
    rows = []
    path = SHARED / "fit" / name
    with fitdecode.FitReader(path, check_crc=fitdecode.CrcCheck.DISABLED) as reader:
        for frame in reader:
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record":
                names = ("timestamp", "distance", "enhanced_altitude", "altitude", "heart_rate")
                values = {n: frame.get_value(n, fallback=None) for n in names}
                altitude = values["enhanced_altitude"] or values["altitude"]
                rows.append(
                    (values["timestamp"].timestamp(), values["distance"], altitude, values["heart_rate"])
                )
    return np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=np.float64)


LONG = pytest.mark.bench  # thousands of records are read slowly
RECORDED = [
    pytest.param("elevate_trosku.fit", 4 * 60 + 21),
    pytest.param("elevate_sloatsburg.fit", 4 * 60 + 58, marks=LONG),
    pytest.param("elevate_pyselsky.fit", 6 * 60 + 38, marks=LONG),
    pytest.param("elevate_portland.fit", 5 * 60 + 33, marks=LONG),
    pytest.param("elevate_loup-blanc.fit", 5 * 60 + 31, marks=LONG),  # 2,578 m of climb
]


@needs_shared
@pytest.mark.parametrize(("name", "strava_s"), RECORDED)
def test_effort_adjusted_pace_is_near_stravas(name, strava_s):
    """Seconds a flat kilometre as Strava showed them, within six per cent even in the mountains (plain pace
    is up to 36 % off); slope over 50 m."""
    t, metres, altitude, _ = records(name).T
    known = ~np.isnan(metres) & ~np.isnan(altitude)
    t, metres, altitude = t[known], metres[known], altitude[known]
    seconds = np.diff(t)
    moving = (np.diff(metres) > 0.5 * seconds) & (seconds < 20)
    grid = np.arange(0.0, metres[-1], 50.0)
    heights = np.convolve(np.pad(np.interp(grid, metres, altitude), 1, mode="edge"), np.ones(3) / 3, "valid")
    flat = (effort_factor(np.clip(np.diff(heights) / 50, -0.3, 0.3)) * 50).sum()
    assert 1000 * seconds[moving].sum() / flat == pytest.approx(strava_s, rel=0.06)


@needs_shared
@LONG
def test_load_of_a_stream_is_near_elevates():
    """HRSS 51.3 of another program, whose threshold is 85 % of the reserve."""
    t, _, _, hr = records("elevate_sloatsburg.fit").T
    minutes = np.diff(t) / 60
    known = (minutes < 0.33) & ~np.isnan(hr[:-1])
    load = heart_rate_load(minutes[known], reserve(hr[:-1][known], 65, 195), 0.85, 1.92)
    assert load.sum() == pytest.approx(51.3, rel=0.07)


def players() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    with gzip.open(SHARED / "soccermon" / "player_days.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["player_id"], []).append(row)
    return found


@needs_shared
def test_ratios_for_charts_agree_with_those_of_thirty_three_players():
    """SoccerMon's own columns, to their two decimals: coupled means, monotony, and strain as monotony times
    the week, over the population's spread. Rows with figures that were filled in later are left out."""
    compared = 0
    for rows in players().values():
        loads = np.array([float(row["daily_load"] or 0) for row in rows])
        for at in range(60, len(rows), 37):
            row, week = rows[at], loads[at - 6 : at + 1]
            filled_in = len(row["monotony"]) > len("10.00")
            if filled_in or loads[at - 27 : at + 1].sum() == 0 or week.std() == 0:
                continue
            compared += 1
            assert trend.acute_chronic(loads[: at + 1]) == pytest.approx(float(row["acwr"]), abs=0.011)
            assert trend.monotony(week, ddof=0) == pytest.approx(float(row["monotony"]), abs=0.006)
            assert trend.strain(week, ddof=0) == pytest.approx(float(row["strain"]), rel=0.01)
    assert compared > 300


@pytest.fixture(scope="module")
def elsewhere():
    """The acwr package and the pandas it needs; slow to import, so only here."""
    return SimpleNamespace(acwr=importlib.import_module("acwr"), pandas=importlib.import_module("pandas"))


def test_ratios_and_monotony_agree_with_the_acwr_package(elsewhere):
    """An independent program, day by day over a made-up season; a coupled ratio is never above four."""
    loads = np.random.default_rng(3).integers(0, 200, 90) * 1.0
    days = elsewhere.pandas.Series(loads, index=elsewhere.pandas.date_range("2026-01-01", periods=90))
    columns = {
        method: elsewhere.acwr.acwr(days, method=method).to_numpy() for method in ("rac", "rau", "ewma")
    }
    for at in range(40, 90):
        past = loads[: at + 1]
        assert trend.acute_chronic(past) == pytest.approx(columns["rac"][at], rel=1e-9)
        assert trend.acute_chronic(past, coupled=False) == pytest.approx(columns["rau"][at], rel=1e-9)
        assert trend.acute_chronic_ewma(past) == pytest.approx(columns["ewma"][at], rel=1e-6)
        assert trend.acute_chronic(past) <= 4.0


@given(st.lists(st.integers(1, 200), min_size=28, max_size=28))
def test_a_coupled_ratio_is_nearer_to_one(loads):
    """r_c = 4 r_u / (r_u + 3): both lie on the same side of one."""
    coupled, uncoupled = (trend.acute_chronic(loads, coupled=each) for each in (True, False))
    assert coupled == pytest.approx(4 * uncoupled / (uncoupled + 3))


@given(st.lists(st.floats(0, 300), min_size=1, max_size=80), st.floats(0, 300))
def test_fitness_stays_within_its_inputs(loads, start):
    """An exponential mean never leaves the range of start and loads."""
    found = trend.exponential_mean(loads, 42, start)
    assert found.max() <= max(*loads, start) + 1e-9
    assert found.min() >= min(*loads, start) - 1e-9


@given(
    segments=st.lists(st.tuples(st.floats(1, 60), st.floats(61, 189)), min_size=1, max_size=6),
    parts=st.integers(1, 9),
)
def test_an_impulse_is_invariant_to_resampling(segments, parts):
    """Cutting segments finer changes nothing."""
    minutes, hr = np.array(segments).T
    whole = banister_trimp(minutes, reserve(hr, 60, 190), 1.92).sum()
    finer = banister_trimp(np.repeat(minutes / parts, parts), reserve(np.repeat(hr, parts), 60, 190), 1.92)
    assert finer.sum() == pytest.approx(whole)

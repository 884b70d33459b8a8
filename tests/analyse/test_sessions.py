"""What becomes of recordings before anything is computed of them."""

from dataclasses import replace
from datetime import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.analyse.load import Method, session_loads
from service.analyse.sessions import sessions_of
from service.analyse.terrain import flat_speed
from service.analyse.trailing import highest, median, second_highest, trailing
from service.domain.history import Profile, Sex
from tests.analyse.people import CONSTANTS, heart_rate, run, session, steady

PROFILE = Profile()


def kept(*activities):
    return sessions_of(activities, CONSTANTS.gates)


def loads(activities, profile=PROFILE):
    return session_loads(sessions_of(activities, CONSTANTS.gates), profile, CONSTANTS)


def test_a_paused_watch_does_not_hide_a_long_run():
    """Two files within half an hour are one session; heart rate by time, the link to the longer."""
    first = run(1, 10.0, at=time(8), average_hr=140.0, max_hr=150.0, external_id="a")
    second = run(1, 5.0, at=time(9, 10), average_hr=170.0, max_hr=180.0, external_id="b")
    whole = kept(first, second)
    assert len(whole) == 1
    assert whole.distance_m[0] == 15_000
    assert whole.average_hr[0] == pytest.approx(150.0)
    assert whole.max_hr[0] == 180.0
    assert whole.part[0] == 0


@pytest.mark.parametrize(
    ("expected", "other"),
    [
        (2, run(1, 5.0, at=time(10), external_id="b")),  # an hour later
        (2, session(1, at=time(8, 56), sport="Ride", minutes=30)),  # another sport
        (1, run(1, 8.0, at=time(8, 1), external_id="b")),  # the phone beside the watch
        (1, session(1, at=time(8, 5), sport="Workout", minutes=45)),  # the same time under another name
        (2, run(2, 5.0, at=time(8), external_id="b")),  # another day
        (1, run(1, 5.0, at=time(20), pace_s=2000, external_id="b")),  # a watch left running
    ],
)
def test_sessions_are_counted_once(expected, other):
    """Joined, doubled, forgotten or apart."""
    assert len(kept(run(1, 8.0, at=time(8)), other)) == expected


RICH = {"average_hr": 150.0, "perceived_exertion": 5.0}


@pytest.mark.parametrize(
    ("metres", "others"),
    [
        (12_000, [run(1, 11.9, at=time(8), external_id="b"), run(1, 12.1, at=time(8, 1), average_hr=140.0)]),
        (12_000, [run(1, 6.0, at=time(8), average_hr=150.0), run(1, 5.8, at=time(8, 34))]),  # in two halves
        (
            12_000,
            [
                run(1, 6.0, at=time(8), average_hr=150.0, perceived_exertion=5.0),
                run(1, 5.8, at=time(8, 34), average_hr=150.0, perceived_exertion=5.0),
            ],
        ),  # the richer halves
        (12_000, [session(1, sport="Yoga", minutes=10, at=time(8, 20), average_hr=100.0)]),
        (12_000, [session(1, sport="WeightTraining", minutes=30, at=time(7, 59), average_hr=90.0)]),
        (12_000, [session(1, sport="Workout", minutes=64, at=time(8), average_hr=140.0)]),
    ],
)
def test_no_other_recording_makes_a_run_longer_or_takes_it_away(metres, others):
    """Three devices, a phone in two halves, another sport inside or just before, another name."""
    for index, watch in enumerate((run(1, 12.0, at=time(8)), run(1, 12.0, at=time(8), average_hr=145.0))):
        rows = kept(watch, *(replace(each, external_id=f"x{n}") for n, each in enumerate(others)))
        runs = rows.take(rows.is_run)
        assert len(runs) == 1, index
        assert runs.distance_m[0] == pytest.approx(metres, abs=150)


@pytest.mark.parametrize(
    ("believed", "km", "mps"),
    [
        (True, 5.0, 6.6),  # a record over 5 km, by someone who runs nearly so fast
        (False, 42.2, 6.5),  # a ride: no marathon was ever run so
        (True, 42.2, 5.8),
        (False, 10.0, 6.5),
    ],
)
def test_a_ride_under_another_name_is_no_long_run(believed, km, mps):
    """The limit falls with length as records do."""
    swift = [run(day, 10.0, pace_s=1000 / 5.0) for day in range(20)]
    rows = kept(*swift, run(30, km, pace_s=1000 / mps, external_id="last"))
    assert (rows.distance_m[-1] > 0) == believed


def test_nor_is_one_far_above_the_own_speed():
    """Who runs 3 m/s does not run 25 km at 5.5; a race at 4.5 is believed, and so is a first run at all."""
    usual = [run(day, 10.0, pace_s=1000 / 3.0) for day in range(10)]
    ride, race = run(30, 25.0, pace_s=1000 / 5.5), run(30, 10.0, pace_s=1000 / 4.5)
    assert kept(*usual, ride).distance_m[-1] == 0
    assert kept(*usual, race).distance_m[-1] == 10_000
    assert kept(*usual[:3], ride).distance_m[-1] == 25_000


def test_the_richer_of_two_recordings_is_kept():
    """The one with heart rate, whichever started first."""
    poor, rich = run(1, at=time(8)), run(1, at=time(8, 1), external_id="b", average_hr=150.0)
    assert kept(poor, rich).average_hr[0] == 150.0
    assert kept(replace(poor, average_hr=150.0), replace(rich, average_hr=None)).average_hr[0] == 150.0


def test_no_recording_is_joined_across_the_edge_of_a_day():
    """Else a later day would change an earlier one."""
    late, early = run(1, 5.0, at=time(4, 0)), run(1, 5.0, at=time(4, 31), external_id="b")
    assert len(kept(late, early)) == 2


@given(cut=st.floats(0.1, 0.9))
@settings(max_examples=25, deadline=None)
def test_load_of_a_run_is_that_of_its_halves(cut):
    """Splitting a recording changes nothing."""
    whole = run(1, 12.0, average_hr=150.0)
    first = replace(whole, moving_s=round(whole.moving_s * cut), distance_m=whole.distance_m * cut)
    first = replace(first, elapsed_s=first.moving_s)
    rest = whole.moving_s - first.moving_s
    second = run(1, 1.0, at=time(18, 20), external_id="b", average_hr=150.0)
    second = replace(second, moving_s=rest, elapsed_s=rest, distance_m=whole.distance_m - first.distance_m)
    assert loads([first, second]).load.sum() == pytest.approx(loads([whole]).load.sum(), rel=1e-9)


@given(low=st.floats(61, 180), more=st.floats(0.1, 5))
@settings(max_examples=25, deadline=None)
def test_load_rises_with_heart_rate_and_is_nothing_at_rest(low, more):
    """Monotone in heart rate; zero at resting heart rate."""
    assert loads([run(1, average_hr=low + more)]).load[0] > loads([run(1, average_hr=low)]).load[0]
    assert loads([run(1, average_hr=60.0)]).load[0] == 0.0


def test_pauses_do_not_count():
    """Elapsed time is not load."""
    quick = run(1, average_hr=150.0)
    assert loads([replace(quick, elapsed_s=quick.elapsed_s + 900)]).load == loads([quick]).load


def test_each_session_is_weighed_by_the_best_that_was_observed():
    """The cascade, with its quality."""
    base = [run(day, 8.0 + day % 3) for day in range(0, 20, 2)]
    odd = [
        run(21, average_hr=150.0, perceived_exertion=9.0, relative_effort=50.0),
        run(22, perceived_exertion=5.0, relative_effort=50.0),
        run(23, relative_effort=50.0),
        session(24, sport="Ride", relative_effort=50.0),
        session(25, sport="Swim"),
    ]
    found = loads([*base, *odd])
    expected = [Method.AVERAGE_HR, Method.SESSION_RPE, Method.PACE, Method.RELATIVE_EFFORT, Method.MINUTES]
    assert list(found.method[-5:]) == expected
    assert found.quality[-4:] == pytest.approx([0.7, 0.6, 0.5, 0.3])
    assert found.quality[-5] == pytest.approx(0.8 * 0.6)  # maximal heart rate from a formula
    assert (found.load > 0).all()


def test_a_session_without_any_measure_is_not_rest():
    """Peers count it as zero and take the next measured run for a spike."""
    measured = [run(day, average_hr=150.0, max_hr=175.0) for day in range(0, 20, 2)]
    found = loads([*measured, session(21, minutes=44.0)])
    assert found.load[-1] == pytest.approx(found.load[-2], rel=0.01)


def test_exertion_is_put_on_the_athletes_own_scale():
    """After eight sessions that have both, heart rate says what a point is worth."""
    both = [run(day, average_hr=150.0, perceived_exertion=3.0) for day in range(0, 20, 2)]
    found = loads([*both, run(21, perceived_exertion=3.0)])
    assert found.load[-1] == pytest.approx(found.load[0])


def test_a_later_session_never_changes_an_earlier_load():
    """Parameters in force that day."""
    past = steady(200, with_hr=True)
    assert (loads(past).load[:60] == loads(past[:60]).load[:60]).all()


@pytest.mark.parametrize(
    ("expected", "profile"),
    [
        (185.0, Profile()),  # the formula at forty
        (192.0, Profile(max_hr=192)),  # told
        (211 - 0.64 * 35, Profile(birth_year=1990)),  # Nes 2013, at 35
    ],
)
def test_maximal_heart_rate_is_told_or_by_formula(expected, profile):
    """Nes et al. 2013; a man of forty has 185.4."""
    assert loads([run(1)], profile).hr_max[0] == pytest.approx(expected)


def test_maximal_heart_rate_is_seen_and_survives_one_artefact():
    """The second highest of a year, within reason of the formula."""
    hearts = [178.0, 180.0, 181.0, 179.0, 224.0, 177.0]
    hard = {"average_hr": 150.0, "perceived_exertion": 8.0}
    found = loads([run(day, max_hr=top, **hard) for day, top in enumerate(hearts)])
    assert found.hr_max[-1] == 181.0
    low = loads([run(day, max_hr=140.0, **hard) for day in range(6)])
    assert low.hr_max[-1] == 185.0 - 20.0


@pytest.mark.parametrize(
    "hard",
    [
        {"workout_type": 1},  # races
        {"perceived_exertion": 8.0},
        {"pace_s": 300.0},  # a tenth faster than usual
    ],
)
def test_the_highest_of_easy_runs_is_no_maximum(hard):
    """Until three runs were hard the formula stands, no minute is called hard by it, and less is believed."""
    easy = [run(day, average_hr=148.0, max_hr=158.0, pace_s=330.0) for day in range(12)]
    found = loads(easy)
    assert (found.hr_max == 185.0).all()
    assert not found.hard_min.any()
    assert found.quality[-1] == pytest.approx(0.8 * 0.6)
    tried = [run(day, average_hr=158.0, max_hr=174.0, **hard) for day in (20, 21, 22)]
    assert loads([*easy, *tried[:2]]).hr_max[-1] == 185.0
    assert loads([*easy, *tried]).hr_max[-1] == 174.0
    assert loads([*easy, *tried]).quality[-1] == pytest.approx(0.8)


def test_what_the_athlete_told_is_used():
    """Resting and threshold heart rate, sex."""
    plain = loads([run(1, average_hr=150.0)]).load[0]
    told = Profile(resting_hr=45, threshold_hr=172, sex=Sex.FEMALE, max_hr=190)
    assert loads([run(1, average_hr=150.0)], told).load[0] != plain


def test_hard_minutes_are_those_of_hard_sessions():
    """By exertion, by heart rate, or a race."""
    found = loads([
        run(1), run(2, perceived_exertion=8.0), run(3, **heart_rate(240)), run(4, workout_type=1),
    ], Profile(max_hr=190))  # fmt: skip
    assert list(found.hard_min > 0) == [False, True, True, True]


def test_climbing_counts_as_speed():
    """100 m up 10 % and 100 m down 10 %, by effort; no distance, no slope."""
    assert flat_speed(3.0, 200.0, 10.0) == pytest.approx(3.0 * (5.968214 / 3.6 + 0.884) / 2, rel=1e-6)
    assert flat_speed(3.0, 0.0, 10.0) == 3.0
    assert flat_speed(3.0, 1000.0, np.nan) == 3.0


def test_trailing_statistics_look_back_only():
    """Own day included, older than the window forgotten, unknown skipped."""
    day = np.array([0, 1, 1, 5, 12])
    values = np.array([4.0, np.nan, 2.0, 8.0, 6.0])
    assert list(trailing(day, values, 10, 1, median)) == [4.0, 3.0, 3.0, 4.0, 7.0]
    assert np.isnan(trailing(day, values, 10, 3, median)[[0, 1, 2, 4]]).all()
    assert trailing(day, values, 100, 1, highest)[-1] == 8.0
    assert list(trailing(day, values, 100, 1, second_highest)) == [4.0, 2.0, 2.0, 4.0, 6.0]

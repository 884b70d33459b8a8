"""What splits tell: hard efforts, critical speed, hard kilometres, decoupling; and what is left out."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from service.analyse.assess import assess_nights
from service.analyse.diary import ROW, diary_of
from service.analyse.kilometres import kilometres_of
from service.analyse.terrain import effort_factor
from service.domain.activity import Activity
from service.domain.history import History, Profile
from service.domain.record import to_json
from service.strava.mapping import activity_from_json
from tests.analyse.people import CONSTANTS, history, on, run, session
from tests.analyse.runs import detailed, usual
from tests.analyse.seventieth import BEATS, verdict

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "strava_api" / "detailed_activity_run.json"


def signals(sessions, day=70):
    return diary_of(history(sessions, profile=Profile(max_hr=190)), CONSTANTS, on(day))


def effort(day, pace_s, rpe=9.0, **known):
    return run(day, 10.0, pace_s=pace_s, perceived_exertion=rpe, **known)


@pytest.mark.parametrize(
    ("expected", "last"),
    [
        (-0.0476, effort(69, 315.0)),  # five per cent slower for a hard effort
        (None, effort(69, 315.0, rpe=5.0)),  # who did not try was not slower
        (None, run(69, 5.0, pace_s=315.0, perceived_exertion=9.0)),  # no run of that length
        (-0.0476, effort(69, 315.0, rpe=None, workout_type=1)),  # a race is an effort
    ],
)
def test_a_decline_of_hard_efforts_is_offered(expected, last):
    """Flat speed over the median of like hard runs, less one; on that day alone."""
    days = signals([*[effort(day, 300.0, rpe=7.0) for day in range(0, 60, 10)], last]).days
    found = days.values[ROW["performance"]]
    if expected is None:
        assert not (found == found).any()
    else:
        assert found[-1] == pytest.approx(expected, abs=1e-4)


def test_critical_speed_is_a_lower_bound_without_leaps_and_downhills():
    """A kilometre that is a fault of the position, or runs downhill, is not taken."""
    base = usual(range(60))
    own = signals(base).signals.speeds.critical_mps[-1]
    leap = detailed(66, pace_s=[330.0] * 9 + [150.0], hr=BEATS)
    one_off = detailed(66, km=6, pace_s=200.0, hr=BEATS)
    falling = detailed(66, pace_s=250.0, hr=BEATS, climb_m=-25.0)
    for each in (leap, one_off, falling):
        assert signals([*base, each]).signals.speeds.critical_mps[-1] == pytest.approx(own)
    short = detailed(66, km=2, pace_s=330.0, hr=BEATS)
    assert signals([short]).signals.speeds.critical_mps[-1] != own
    faster = detailed(66, pace_s=300.0, hr=BEATS)
    assert signals([*base, faster]).signals.speeds.critical_mps[-1] > own


def test_hard_kilometres_count_once_nearly_all_runs_have_splits():
    """By heart rate, or above critical speed without one; else only sessions that were hard as a whole."""
    beats = [BEATS] * 7 + [163.0] * 3
    intervals = detailed(69, pace_s=[330.0] * 7 + [290.0] * 3, hr=beats)
    known = signals([*usual(range(68)), intervals]).signals.speeds.hard_min
    assert known[-1] == pytest.approx(14.5)
    blind = detailed(69, pace_s=[345.0] * 7 + [310.0] * 3)  # above critical speed, as training shows it
    assert signals([*usual(range(68), hr=None), blind]).signals.speeds.hard_min[-1] == pytest.approx(15.5)
    mixed = [*[run(day) for day in range(0, 68, 2)], *usual(range(51, 68))[:5], intervals]
    assert signals(mixed).signals.speeds.hard_min[-1] == 0
    rated = replace(intervals, perceived_exertion=8.0)
    assert signals([*usual(range(68)), rated]).signals.speeds.hard_min[-1] == pytest.approx(53.0, abs=0.2)


def test_splits_that_cannot_be_are_left_out():
    """Leaps, standing and the last metres; Strava's adjusted speed only within reason."""
    good = detailed(69, hr=BEATS)
    bad = tuple(
        replace(split, **change)
        for split, change in zip(
            good.splits,
            [{}, {"moving_s": 40}, {"moving_s": 5000}, {"distance_m": 30.0}, {"average_hr": 30.0},
             {"grade_adjusted_mps": 3.3}, {"grade_adjusted_mps": 9.0}, {}, {}, {}],
            strict=True,
        )
    )  # fmt: skip
    activity: Activity = replace(good, splits=bad)
    diary = signals([activity])
    table = kilometres_of(diary.sessions, [activity], 0, CONSTANTS)
    assert list(table.place) == [0, 4, 5, 6, 7, 8, 9]
    assert list(table.hr != table.hr) == [False, True, False, False, False, False, False]
    assert table.flat_mps[[2, 3]] == pytest.approx([3.3, 1000 / 330])


@pytest.mark.parametrize(
    "spoilt",
    [
        detailed(1, km=6, hr=BEATS),  # too short
        detailed(1, km=14, pace_s=[300.0, 400.0] * 7, hr=BEATS),  # uneven
        detailed(1, km=14, hr=[BEATS] * 6 + [None] * 8),  # heart rate lost
        detailed(1, km=14, hr=BEATS, stood_s=[0.0, 300.0] + [0.0] * 12),  # a stop cools the heart
        detailed(1, km=14, hr=BEATS, climb_m=[10.0] * 7 + [-10.0] * 7),  # up, then down
    ],
)
def test_decoupling_has_its_preconditions(spoilt):
    """Else the two halves are not alike."""
    assert signals([spoilt]).signals.drift.decoupling[0] != signals([spoilt]).signals.drift.decoupling[0]
    even = signals([detailed(1, km=14, hr=BEATS)]).signals.drift.decoupling[0]
    assert even == pytest.approx(0.0, abs=1e-12)


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"the recorded activity is not at {RECORDED}")
def test_a_recorded_activity_is_read_kilometre_by_kilometre():
    """A real run through a city: Strava's adjusted speeds near ours, few stops, no steep descent."""
    activity = activity_from_json(json.loads(RECORDED.read_text()))
    diary = diary_of(History((activity,)), CONSTANTS, activity.training_day)
    table = kilometres_of(diary.sessions, [activity], 0, CONSTANTS)
    own = table.metres / table.seconds * effort_factor(table.climb_m / table.metres)
    assert len(table) == 23
    assert table.metres.sum() == pytest.approx(activity.distance_m, rel=0.01)
    assert np.abs(table.flat_mps / own - 1).max() < 0.05
    assert np.nansum(table.stood_s) == 100
    assert diary.signals.descents.metres[0] == 0
    assert diary.signals.drift.slowed[0] == pytest.approx(0.0, abs=0.08)


def test_what_single_runs_could_not_show_is_unseen():
    """Named once a month has runs and none carries it; athletes of other sports are not bothered."""
    bare = set(verdict([run(day) for day in range(0, 70, 2)]).unseen)
    assert {"temperature", "cadence", "kilometres"} <= bare
    rich = set(verdict(usual(range(70), temperature_c=14.0)).unseen)
    assert not {"temperature", "cadence", "kilometres"} & rich
    football = verdict([session(day, sport="Soccer") for day in range(0, 70, 2)])
    assert not {"temperature", "cadence", "kilometres"} & set(football.unseen)


def test_no_rule_on_single_runs_speaks_without_a_history():
    """Nine of everything at once are too few."""
    wild = [detailed(60 + n, hr=1.1 * BEATS, temperature_c=33.0, climb_m=-70.0, spm=150.0) for n in range(9)]
    assert verdict(wild).findings == ()


def test_a_night_sees_no_later_run_in_any_signal():
    """Everything from the night on cut away: not a digit moves."""
    cool = usual(range(69), temperature_c=14.0)
    hot = detailed(69, hr=1.08 * BEATS, temperature_c=28.0)
    long = [detailed(day, km=18, pace_s=[330.0] * 12 + [370.0] * 6, hr=150.0) for day in (51, 57, 63)]
    steep = detailed(65, hr=BEATS, climb_m=-60.0)
    last = [detailed(day, hr=BEATS, spm=150.0, stood_s=[0.0, 90.0] + [0.0] * 8) for day in (71, 73, 75)]
    dozens = [*cool, hot, *long, steep, *last]
    past = history(dozens)
    for day in range(50, 76, 5):
        whole = assess_nights(past, [on(day), on(76)], CONSTANTS)[0]
        alone = assess_nights(past.before(on(day)), [on(day)], CONSTANTS)[0]
        assert to_json(whole) == to_json(alone)


def test_a_nightly_verdict_is_that_of_a_replay_over_a_long_history():
    """A batch leaves out splits that no rule reads any more; not a digit moves."""
    dice = Random(5)
    long = [
        detailed(
            day, km=dice.randint(8, 17), pace_s=dice.uniform(290, 350), hr=dice.uniform(140, 172),
            climb_m=dice.uniform(-60, 20), temperature_c=dice.uniform(5, 30), spm=dice.uniform(155, 172),
            stood_s=dice.choice([0.0, 80.0]), perceived_exertion=dice.choice([4.0, 7.0, 9.0]),
        )
        for day in range(0, 400, 3)
    ]  # fmt: skip
    past = history(long)
    nights = [on(day) for day in range(392, 400)]
    replayed = assess_nights(past, [on(60), *nights], CONSTANTS)[1:]
    assert replayed == [assess_nights(past, [night], CONSTANTS)[0] for night in nights]

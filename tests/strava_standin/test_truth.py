"""The planted truths are really in the rows, where they are said to be and nowhere else."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import mean
from zoneinfo import ZoneInfo

import pytest

from tests.strava_standin.answers import checkin
from tests.strava_standin.kinds import KINDS
from tests.strava_standin.rows import summary
from tests.strava_standin.runner import Runner, Session, make_runner
from tests.strava_standin.timeline import sessions_between

ONSET = date(2026, 4, 30)
SEEDS = (7, 8)
QUIET = [name for name, kind in KINDS.items() if kind.deserves == "no"]
Known = Callable[[str, int], tuple[Runner, list[Session]]]


@pytest.fixture(scope="module")
def known() -> Known:
    """A year before the onset and 150 days after it, drawn once for each kind and seed."""
    drawn: dict[tuple[str, int], tuple[Runner, list[Session]]] = {}

    def get(name: str, seed: int = 7) -> tuple[Runner, list[Session]]:
        if (name, seed) not in drawn:
            runner = make_runner(list(KINDS).index(name), KINDS[name], seed)
            sessions = sessions_between(runner, ONSET - timedelta(420), ONSET + timedelta(150), ONSET)
            drawn[name, seed] = runner, list(sessions)
        return drawn[name, seed]

    return get


def offset(session: Session) -> int:
    return ((session.start + timedelta(seconds=session.utc_offset_s)).date() - ONSET).days


def runs(sessions: list[Session], first: int, last: int, form: str = "") -> list[Session]:
    """Runs of the days from ``first`` to ``last`` from the onset."""
    return [
        session
        for session in sessions
        if session.sport == "Run" and first <= offset(session) <= last and form in ("", session.form)
    ]


def beats_at_speed(runner: Runner, sessions: list[Session]) -> float:
    """Mean heart rate of easy runs over what their speed lets expect, as a fraction."""
    shares = []
    for session in sessions:
        if session.peak_hr is None or session.manual:
            continue
        beats = sum((block.heart_rate or 0) * block.seconds for block in session.blocks) / session.moving_s
        speed = session.distance_m / session.moving_s
        expected = runner.hr_max * (0.90 - 0.56 * (1 - speed / runner.threshold_mps))
        shares.append(beats / expected - 1)
    return mean(shares)


def change(known: Known, name: str, first: int, last: int) -> float:
    """Change of heart rate at the same speed against the 60 days before the onset."""
    runner, sessions = known(name, 7)
    before = beats_at_speed(runner, runs(sessions, -60, -1, "easy"))
    return beats_at_speed(runner, runs(sessions, first, last, "easy")) - before


def kilometres(sessions: list[Session], first: int, last: int) -> float:
    """Kilometres a week."""
    return sum(run.distance_m for run in runs(sessions, first, last)) / 1000 / (last - first + 1) * 7


def spikes(sessions: list[Session]) -> dict[int, float]:
    """Runs more than 10 % longer than the longest of the 30 days before, by day."""
    found = {}
    own = runs(sessions, -400, 150)
    for number, run in enumerate(own):
        month = [
            r.distance_m for r in own[max(0, number - 60) : number] if run.start - r.start <= timedelta(30)
        ]
        if len(month) >= 4 and run.distance_m > 1.1 * max(month):
            found[offset(run)] = run.distance_m / max(month)
    return found


@pytest.mark.parametrize("name", QUIET)
@pytest.mark.parametrize("seed", SEEDS)
def test_those_who_deserve_no_warning_never_spike(known: Known, name: str, seed: int) -> None:
    """Otherwise silence about them would be wrong."""
    assert spikes(known(name, seed)[1]) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_spike_is_on_its_two_sundays(known: Known, seed: int) -> None:
    """More than double first, then more than half again."""
    found = spikes(known("session_spike", seed)[1])
    assert len(found) == 2
    (first, large), (second, moderate) = sorted(found.items())
    assert 0 <= first < 7
    assert second - first == 42
    assert large > 2
    assert 1.4 < moderate < 1.8


def test_the_overload_block_is_load_without_a_spike(known: Known) -> None:
    """Nearly twice the kilometres, every day, with heart rate and answers to match."""
    runner, sessions = known("overload_block", 7)
    assert kilometres(sessions, 0, 17) > 1.6 * kilometres(sessions, -60, -1)
    assert spikes(sessions) == {}
    assert change(known, "overload_block", 9, 17) > 0.03
    assert mean_answer(runner, "fatigue", 10, 18) < mean_answer(runner, "fatigue", -60, -1) - 1.2


def test_the_overreached_have_low_heart_rate_high_effort_and_are_slower(known: Known) -> None:
    """All at once: the reading that one column alone would take for fitness."""
    runner, sessions = known("overreached", 7)
    assert change(known, "overreached", 10, 34) < -0.045
    assert effort(sessions, 10, 34) > effort(sessions, -60, -1) + 1.5
    assert speed(sessions, 10, 34) < 0.97 * speed(sessions, -60, -1)
    assert peak(sessions, 10, 34) < peak(sessions, -60, -1) - 6
    assert mean_answer(runner, "legs", 10, 34) < 2
    assert spikes(sessions) == {}


def test_the_fitter_have_low_heart_rate_low_effort_and_are_faster(known: Known) -> None:
    """The same heart rate as the overreached, everything else the other way."""
    runner, sessions = known("fitter", 7)
    assert change(known, "fitter", 50, 100) < -0.045
    assert effort(sessions, 50, 100) < effort(sessions, -60, -1) - 0.5
    assert speed(sessions, 50, 100) > 1.02 * speed(sessions, -60, -1)
    assert mean_answer(runner, "legs", 50, 100) > 3


def test_the_hot_week_is_hot_and_only_that_week(known: Known) -> None:
    """Above 30 degrees on every run of ten days, with more drift within runs."""
    _, sessions = known("hot_week", 7)
    assert all(31 <= (run.temperature_c or 0) <= 35 for run in runs(sessions, 0, 9))
    others = runs(sessions, -60, -1) + runs(sessions, 10, 60)
    assert all((run.temperature_c or 0) < 31 for run in others)
    assert drift(runs(sessions, 0, 9)) > drift(runs(sessions, -60, -1)) + 4


def test_cadence_drifts_at_the_same_speed(known: Known) -> None:
    """Five and a half percent in four weeks; heart rate knows nothing of it."""
    _, sessions = known("cadence_drift", 7)
    assert cadence(sessions, 30, 60) < 0.96 * cadence(sessions, -60, -1)
    assert abs(change(known, "cadence_drift", 30, 60)) < 0.02
    assert abs(speed(sessions, 30, 60) / speed(sessions, -60, -1) - 1) < 0.02


def test_strength_ends_at_the_onset_and_running_does_not(known: Known) -> None:
    """Weekly before, never after."""
    _, sessions = known("no_strength", 7)
    lifted = [offset(session) for session in sessions if session.sport == "WeightTraining"]
    assert sum(-60 <= day < 0 for day in lifted) >= 7
    assert max(lifted) < 0
    assert 0.85 < kilometres(sessions, 0, 90) / kilometres(sessions, -90, -1) < 1.15


def test_a_faulty_sensor_counts_steps(known: Known) -> None:
    """Heart rate is cadence on the faulty days; effort and answers stay as always."""
    runner, sessions = known("sensor_fault", 7)
    faulty = [run for run in runs(sessions, 0, 24) if offset(run) % 2 == 0]
    assert len(faulty) >= 6
    for run in faulty:
        assert all(abs((b.heart_rate or 0) - (b.cadence or 0)) < 8 for b in run.blocks)
    assert abs(effort(sessions, 0, 24) - effort(sessions, -60, -1)) < 0.8
    assert mean_answer(runner, "legs", 1, 25) > 2.7


def test_a_break_is_empty_and_the_return_careful(known: Known) -> None:
    """Three weeks of nothing, then half, then more."""
    _, sessions = known("break_and_return", 7)
    assert [session for session in sessions if 0 <= offset(session) < 21] == []
    normal = kilometres(sessions, -60, -1)
    assert 0.3 < kilometres(sessions, 21, 34) / normal < 0.65
    assert 0.8 < kilometres(sessions, 120, 149) / normal < 1.2


def test_the_steady_stay_steady(known: Known) -> None:
    """Kilometres, heart rate and answers of any month are those of the months before."""
    runner, sessions = known("steady", 7)
    for first in (0, 30, 60, 90):
        assert 0.8 < kilometres(sessions, first, first + 29) / kilometres(sessions, -60, -1) < 1.2
        assert abs(change(known, "steady", first, first + 29)) < 0.025
        assert mean_answer(runner, "legs", first, first + 29) > 2.7


def test_before_the_onset_everybody_is_normal(known: Known) -> None:
    """Nothing is planted early: a warning then would be a false one."""
    for name in KINDS:
        _, sessions = known(name, 7)
        assert max(spikes([s for s in sessions if offset(s) < 0]), default=-1) < 0
        assert 0.75 < kilometres(sessions, -30, -1) / kilometres(sessions, -120, -31) < 1.3, name


def test_the_same_seed_is_the_same_year_and_another_is_not(known: Known) -> None:
    """Row for row, whichever range was asked for."""
    runner, sessions = known("steady", 7)
    part = list(sessions_between(runner, ONSET, ONSET + timedelta(10), ONSET))
    whole = {session.id: session for session in sessions}
    assert part
    for session in part:
        same = whole[session.id]
        assert (same.start, same.blocks, same.effort) == (session.start, session.blocks, session.effort)
    assert known("steady", 8)[1][5].distance_m != sessions[5].distance_m


def test_every_zone_is_its_own_and_most_have_summer_time() -> None:
    """Nights fall at different instants, and some move by an hour during the demo."""
    zones = {kind.zone for kind in KINDS.values()}
    assert len(zones) == len(KINDS)
    moving = [
        zone
        for zone in zones
        if len(
            {datetime(2026, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() for month in (1, 7)}
        )
        == 2
    ]
    assert len(moving) >= 8


def test_rows_have_the_dirt_of_real_ones(known: Known) -> None:
    """Missing sensors, integers among floats, absent and null workout types, impossible top speeds."""
    rows = [summary(session) for session in known("steady", 7)[1] if session.sport == "Run"]
    assert {type(row["total_elevation_gain"]) for row in rows} == {int, float}
    assert 0.02 < mean(not row["has_heartrate"] for row in rows) < 0.15
    assert 0.03 < mean("average_temp" not in row for row in rows) < 0.3
    assert 0.03 < mean(row["max_speed"] > 10 for row in rows) < 0.2
    assert {row.get("workout_type", "absent") for row in rows} == {0, 1, 2, 3, None, "absent"}
    assert any(row["name"] == "Morning Run" for row in rows)
    assert any(row["visibility"] == "only_me" for row in rows)


def test_some_mornings_are_not_answered(known: Known) -> None:
    """About a quarter, the same ones every time."""
    runner, _ = known("steady", 7)
    days = [ONSET + timedelta(day) for day in range(200)]
    first = [checkin(runner, day, ONSET) for day in days]
    assert first == [checkin(runner, day, ONSET) for day in days]
    assert 0.15 < mean(answers is None for answers in first) < 0.35


def mean_answer(runner: Runner, item: str, first: int, last: int) -> float:
    mornings = (checkin(runner, ONSET + timedelta(day), ONSET) for day in range(first, last + 1))
    return mean(answers[item] for answers in mornings if answers)


def effort(sessions: list[Session], first: int, last: int) -> float:
    return mean(run.effort for run in runs(sessions, first, last, "easy") if run.effort is not None)


def speed(sessions: list[Session], first: int, last: int) -> float:
    return mean(run.distance_m / run.moving_s for run in runs(sessions, first, last, "easy"))


def peak(sessions: list[Session], first: int, last: int) -> float:
    return mean(run.peak_hr for run in runs(sessions, first, last, "quality") if run.peak_hr is not None)


def cadence(sessions: list[Session], first: int, last: int) -> float:
    own = [run for run in runs(sessions, first, last, "easy") if not run.manual]
    return mean(mean(block.cadence or 0 for block in run.blocks) for run in own)


def drift(own: list[Session]) -> float:
    """Beats that the last third of steady runs has over the middle one."""
    steady = [run for run in own if run.form in ("easy", "long") and run.peak_hr and run.moving_s > 2400]
    return mean(
        mean(block.heart_rate or 0 for block in run.blocks[-len(run.blocks) // 3 :])
        - mean(block.heart_rate or 0 for block in run.blocks[len(run.blocks) // 3 : -len(run.blocks) // 3])
        for run in steady
    )

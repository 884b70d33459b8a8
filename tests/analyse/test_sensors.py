"""What is not believed before anything is computed: steps for beats, beats nobody has, runs nobody runs."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from service.analyse.sessions import sessions_of
from service.domain.activity import Lap
from tests.analyse.people import CONSTANTS, run, steady

STEPS = 168.0
USUAL = [run(day, average_hr=146.0 + day % 3, max_hr=160.0, cadence_spm=STEPS) for day in range(0, 40, 4)]


def hearts(*more):
    return sessions_of([*USUAL, *more], CONSTANTS.gates).average_hr[len(USUAL) :]


def locked(day, hr=STEPS, **known):
    return run(day, **({"average_hr": hr, "max_hr": 175.0, "cadence_spm": STEPS} | known))


@pytest.mark.parametrize(
    ("believed", "more"),
    [
        ([False], [locked(44)]),  # 14 % above runs of like speed and equal to the steps
        ([True], [locked(44, 166.0, cadence_spm=150.0)]),  # as high, and not the steps: a hard day
        ([True], [locked(44, 159.0, cadence_spm=160.0)]),  # 8 % above: once may be chance
        (
            [True, False],
            [locked(44, 159.0, cadence_spm=160.0), locked(48, 159.0, cadence_spm=160.0)],
        ),  # twice
        ([True, True], [locked(44, 159.0, cadence_spm=160.0), locked(66, 159.0, cadence_spm=160.0)]),  # late
        ([True], [locked(44, 163.0, temperature_c=33.0)]),  # heat raises an honest heart rate
        ([True], [locked(44, pace_s=240.0)]),  # no run of like speed to compare with
        ([False], [locked(44, None)]),  # nothing was measured at all
    ],
)
def test_a_wrist_sensor_that_counts_steps_is_not_believed(believed, more):
    """Equal to the cadence and far from runs of like speed; equal alone is common."""
    assert list(~np.isnan(hearts(*more))) == believed


def with_laps(values, start):
    return tuple(
        Lap(start + timedelta(minutes=5 * n), 1000.0, 300, hr, spm) for n, (hr, spm) in enumerate(values)
    )


@pytest.mark.parametrize(
    ("believed", "values"),
    [
        (False, [(160, 161), (164, 165), (170, 170), (166, 166), (174, 175)]),  # follows the steps
        (True, [(160, 175), (164, 165), (170, 170), (166, 150), (174, 190)]),  # mostly apart
        (True, [(166, 166), (168, 165), (164, 168), (167, 164), (165, 169)]),  # near, but not following
        (True, [(166, 166), (166, 168), (166, 168), (166, 164), (166, 169)]),  # one value throughout
        (True, [(160, 161), (164, 165), (170, 170), (None, 166), (174, None)]),  # too few laps
    ],
)
def test_laps_show_a_heart_rate_that_follows_the_steps(believed, values):
    """At once, without any earlier run."""
    alone = run(3, average_hr=168.0, max_hr=175.0, cadence_spm=STEPS)
    alone = replace(alone, laps=with_laps(values, alone.start))
    assert np.isnan(sessions_of([alone], CONSTANTS.gates).average_hr[0]) != believed


def test_heart_rates_that_nobody_has_are_left_out():
    """With their peaks; a peak nobody has is left out by itself."""
    found = sessions_of(
        [run(1, average_hr=235.0, max_hr=238.0), run(2, average_hr=150.0, max_hr=230.0)], CONSTANTS.gates
    )
    assert np.isnan(found.average_hr[0])
    assert np.isnan(found.max_hr).all()
    assert found.average_hr[1] == 150.0


@pytest.mark.parametrize(
    ("kept", "km", "pace_s"),
    [
        (0.0, 20.0, 120.0),  # a ride under another name
        (10_000.0, 10.0, 160.0),  # a record
        (400.0, 0.4, 120.0),  # a sprinter
    ],
)
def test_no_run_is_faster_than_any_record(kept, km, pace_s):
    """Else one ride makes the longest run of the month."""
    assert sessions_of([run(1, km, pace_s=pace_s)], CONSTANTS.gates).distance_m[0] == kept


def test_a_later_run_never_changes_what_an_earlier_one_was_worth():
    """Only runs of earlier days judge."""
    past = [replace(each, cadence_spm=150.0) for each in steady(100, with_hr=True)]
    whole, part = (sessions_of(runs, CONSTANTS.gates).average_hr for runs in (past, past[:40]))
    assert np.array_equal(whole[: len(part)], part, equal_nan=True)

"""What a recording says of a session, and what of it cannot be true."""

from datetime import UTC, datetime

import pytest

from service.archive.found import Unreadable
from service.archive.recording import Recording, activity_of, moment
from service.archive.track import Track

START = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)
MANY_BEATS = [(START.timestamp() + second, 3.0 * second, None, 140.0, None, None) for second in range(300)]


def recording(**said):
    """A quarter of an hour of running without a point, as far as not said otherwise."""
    told = {"sport": "Run", "start": START, "track": Track.of([]), "timer_s": 900.0, "distance_m": 3000.0}
    return Recording(**(told | said))


def beating(wrong, beats=300):
    """A track on which the first ``wrong`` of its heart rates are no heart's."""
    points = [
        (*point[:3], 250.0 if n < wrong else 140.0, *point[4:]) for n, point in enumerate(MANY_BEATS[:beats])
    ]
    return Track.of(points)


@pytest.mark.parametrize("epoch_s", [1e20, -1e20, float("nan")])
def test_no_date_is_made_of_what_is_none(epoch_s):
    """Beyond what a calendar holds."""
    with pytest.raises(Unreadable, match="no date"):
        moment(epoch_s)


def test_a_date_is_read_in_utc():
    assert moment(START.timestamp()) == START


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"start": datetime(1999, 12, 31, tzinfo=UTC)}, "clock was never set"),
        ({"timer_s": 8 * 86_400.0}, "longer than a week"),
        ({"elapsed_s": 8 * 86_400.0}, "longer than a week"),
        ({"timer_s": None}, "no duration"),
        ({"timer_s": 0.4}, "no duration"),
    ],
)
def test_what_cannot_be_a_session_is_refused(said, complaint):
    """With the reason, in words for its owner."""
    with pytest.raises(Unreadable, match=complaint):
        activity_of(recording(**said), "x", "UTC")


def test_durations_stand_in_for_each_other():
    """Elapsed is never the shorter; a timer that ran twice as long as anybody moved is believed instead."""
    alone, _ = activity_of(recording(timer_s=None, elapsed_s=600.0), "x", "UTC")
    assert (alone.moving_s, alone.elapsed_s) == (600, 600)
    timed, _ = activity_of(recording(timer_s=900.0, elapsed_s=600.0), "x", "UTC")
    assert (timed.moving_s, timed.elapsed_s) == (900, 900)
    still, _ = activity_of(recording(track=beating(0), timer_s=900.0), "x", "UTC")
    assert still.moving_s == 900


@pytest.mark.parametrize(
    ("wrong", "average", "doubt"),
    [
        (0, 140.0, None),
        (20, 140.0, "20 heart rates cannot be true; they are left out"),
        (31, None, "31 of 300 heart rates cannot be true; all are left out"),
    ],
)
def test_beats_that_no_heart_has_are_left_out(wrong, average, doubt):
    """Above a tenth of them the strap is not believed at all."""
    activity, doubts = activity_of(recording(track=beating(wrong), timer_s=300.0), "x", "UTC")
    assert activity.average_hr == average
    assert activity.max_hr == average
    assert doubts == ((doubt,) if doubt else ())


def test_a_mean_that_nobody_holds_is_not_believed():
    """A whole session above 220 is an interfering strap; splits then have no heart rate either."""
    activity, doubts = activity_of(recording(average_hr=225.0, max_hr=230.0), "x", "UTC")
    assert (activity.average_hr, activity.max_hr) == (None, None)
    assert doubts == ("the mean heart rate cannot be true; the heart rate is left out",)


def test_a_summary_stands_in_where_the_track_says_nothing():
    activity, doubts = activity_of(recording(average_hr=151.04, max_hr=170.0, cadence=85.0), "x", "UTC")
    assert (activity.average_hr, activity.max_hr, activity.cadence_spm) == (151.0, 170.0, 170.0)
    assert doubts == ()


@pytest.mark.parametrize("metres", [12.6 * 900, 2_000_001.0])
def test_a_distance_faster_than_anyone_runs_is_left_out(metres):
    activity, doubts = activity_of(recording(distance_m=metres), "x", "UTC")
    assert activity.distance_m == 0.0
    assert doubts == ("the distance is faster than anyone runs; it is left out",)


@pytest.mark.parametrize(
    ("said", "zone", "offset"),
    [({"utc_offset_s": 7200}, "Europe/Oslo", 7200), ({}, "Europe/Oslo", 3600), ({}, "No/Where", 0)],
)
def test_local_time_is_the_files_own_or_the_athletes(said, zone, offset):
    activity, _ = activity_of(recording(**said), "x", zone)
    assert activity.utc_offset_s == offset

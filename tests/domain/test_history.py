"""History: what a night may see."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.domain.activity import RACE, Activity, Source
from service.domain.history import CheckIn, History


def run(start: datetime, **known) -> Activity:
    return Activity(Source.STRAVA, "1", "Run", start, 3600, 1800, known.pop("elapsed_s", 1900), **known)


@pytest.mark.parametrize(
    ("local_start", "day"),
    [
        (datetime(2026, 5, 2, 4, 30), date(2026, 5, 2)),  # the first minute of a day
        (datetime(2026, 5, 2, 4, 29), date(2026, 5, 1)),  # the last minute of the one before
        (datetime(2026, 5, 2, 0, 0, 1), date(2026, 5, 1)),  # a run past midnight ends the evening
        (datetime(2026, 5, 2, 23, 59), date(2026, 5, 2)),
    ],
)
def test_a_training_day_begins_when_nights_are_judged(local_start, day):
    """A session belongs to the day whose night follows it."""
    start = (local_start - timedelta(hours=1)).replace(tzinfo=UTC)
    assert run(start).training_day == day


def test_a_night_sees_nothing_of_its_own_day():
    """Sessions and answers dated on the night are the future."""
    day = datetime(2026, 5, 2, 9, 0, tzinfo=UTC)
    history = History(
        activities=(run(day - timedelta(days=1)), run(day)),
        checkins=(CheckIn(date(2026, 5, 1), legs=2), CheckIn(date(2026, 5, 2), legs=1)),
    )
    seen = history.before(date(2026, 5, 2))
    assert seen.activities == history.activities[:1]
    assert seen.checkins == history.checkins[:1]


def test_a_session_ends_when_its_recording_does():
    """Elapsed time, or moving time where a device wrote less elapsed than moving."""
    start = datetime(2026, 5, 2, 9, 0, tzinfo=UTC)
    assert run(start).end == start + timedelta(seconds=1900)
    assert run(start, elapsed_s=0).end == start + timedelta(seconds=1800)


def test_only_a_run_can_be_a_race():
    """``workout_type`` 1 means something else on other sports."""
    start = datetime(2026, 5, 2, 9, 0, tzinfo=UTC)
    assert run(start, workout_type=RACE).is_race
    assert not run(start).is_race
    assert not Activity(Source.STRAVA, "1", "Ride", start, 0, 60, 60, workout_type=RACE).is_race

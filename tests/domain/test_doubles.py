"""One session through two doors."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.activity import Activity, Source
from service.domain.doubles import strava_first

START = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)
LIVE = Activity(Source.STRAVA, "1", "Run", START, 3600, 3600, 3700, 10_000.0)
OWN = replace(LIVE, source=Source.ARCHIVE, external_id="file-a")


def shifted(activity: Activity, minutes: float, **changes) -> Activity:
    return replace(activity, start=activity.start + timedelta(minutes=minutes), **changes)


@pytest.mark.parametrize(
    ("same", "own"),
    [
        (True, OWN),  # to the second
        (True, shifted(OWN, 2)),  # the phone was started two minutes later
        (True, shifted(OWN, -10)),  # five sixths in common
        (True, shifted(OWN, 20, moving_s=1200, elapsed_s=1200)),  # a part of it, inside
        (True, shifted(OWN, 600, external_id="1")),  # the same number: its start was corrected at Strava
        (True, shifted(OWN, 3, sport="Ride")),  # renamed at Strava since
        (False, shifted(OWN, 20, sport="Yoga", moving_s=1200, elapsed_s=1200)),  # another thing, inside
        (False, shifted(OWN, 20)),  # two thirds in common: two people could have swapped a watch
        (False, shifted(OWN, 70)),  # an hour later
        (False, shifted(OWN, 24 * 60)),  # the next day
        (False, shifted(OWN, -70)),  # the hour before
    ],
)
def test_stravas_row_counts_where_both_tell_a_session(same: bool, own: Activity) -> None:
    """Same start within 120 s, or four fifths in common, or the same number."""
    assert strava_first([LIVE, own]) == ([LIVE] if same else [LIVE, own])


def test_a_forgotten_watch_swallows_nothing() -> None:
    """A recording of an hour that was stopped in the evening overlaps only what it saw."""
    forgotten = replace(LIVE, elapsed_s=40_000)
    evening = shifted(OWN, 300)
    assert strava_first([forgotten, evening]) == [forgotten, evening]


def test_one_door_is_left_as_it_is() -> None:
    """Doubles within one source are judgement's to weigh; the order stays."""
    assert strava_first([OWN, OWN]) == [OWN, OWN]
    assert strava_first([LIVE, LIVE]) == [LIVE, LIVE]
    assert strava_first([]) == []

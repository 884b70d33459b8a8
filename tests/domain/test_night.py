"""Nights: one a local date, at an instant that no clock change can skip or repeat."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.night import Decision, MailKind, Silence, due_instant, known_zone, next_night, nights_due

ZONES = sorted(zone for zone in available_timezones() if "/" in zone)[::15]


@pytest.mark.parametrize(
    ("night", "zone", "expected"),
    [
        # winter and summer time
        (date(2026, 1, 15), "Europe/Berlin", datetime(2026, 1, 15, 3, 30, tzinfo=UTC)),
        (date(2026, 7, 15), "Europe/Berlin", datetime(2026, 7, 15, 2, 30, tzinfo=UTC)),
        # the days on which the clock changes
        (date(2026, 3, 29), "Europe/Berlin", datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
        (date(2026, 10, 25), "Europe/Berlin", datetime(2026, 10, 25, 3, 30, tzinfo=UTC)),
        # a quarter-hour zone, and one a day ahead of UTC
        (date(2026, 5, 1), "Asia/Kathmandu", datetime(2026, 4, 30, 22, 45, tzinfo=UTC)),
        (date(2026, 5, 1), "Pacific/Kiritimati", datetime(2026, 4, 30, 14, 30, tzinfo=UTC)),
    ],
)
def test_a_night_is_judged_at_half_past_four_local(night, zone, expected):
    """04:30 on the wall, whatever the season."""
    assert due_instant(night, zone) == expected


@given(
    zone=st.sampled_from(ZONES),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_the_next_night_is_the_first_one_still_to_come(zone, now):
    """No instant falls between two nights, and none belongs to both."""
    night = next_night(now, zone)
    assert due_instant(night - timedelta(days=1), zone) <= now < due_instant(night, zone)


def test_every_missed_night_is_due_once():
    """Three days of downtime leave three nights, the last of them this morning's."""
    now = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
    assert list(nights_due(date(2026, 3, 28), "Europe/Oslo", now)) == [
        date(2026, 3, 28),
        date(2026, 3, 29),
        date(2026, 3, 30),
    ]


def test_no_night_is_due_before_its_hour():
    """One second early is early."""
    just_before = datetime(2026, 3, 28, 3, 29, 59, tzinfo=UTC)
    assert list(nights_due(date(2026, 3, 28), "Europe/Oslo", just_before)) == []


def test_a_date_that_a_zone_skipped_does_not_count_twice():
    """Samoa had no 30 December 2011: its slot falls on the instant of the next date."""
    now = datetime(2012, 1, 1, 12, 0, tzinfo=UTC)
    nights = list(nights_due(date(2011, 12, 29), "Pacific/Apia", now))
    assert nights == [date(2011, 12, 29), date(2011, 12, 30), date(2012, 1, 1)]


def test_a_flight_west_does_not_make_a_second_night():
    """Tokyo's night was judged; Los Angeles' 04:30 of the same date comes 16 hours later."""
    tokyo = due_instant(date(2026, 5, 2), "Asia/Tokyo")
    los_angeles = due_instant(date(2026, 5, 2), "America/Los_Angeles")
    assert los_angeles - tokyo == timedelta(hours=16)
    due = nights_due(date(2026, 5, 2), "America/Los_Angeles", los_angeles + timedelta(days=1), previous=tokyo)
    assert list(due) == [date(2026, 5, 3)]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe/Berlin\x00"])
def test_an_unknown_zone_is_known_to_be_unknown(zone):
    """Strava's zone text is foreign input."""
    assert not known_zone(zone)


def test_an_unknown_zone_cannot_be_due():
    """Asking anyway raises instead of guessing."""
    with pytest.raises(ZoneInfoNotFoundError, match="Mars"):
        due_instant(date(2026, 1, 1), "Mars/Olympus")


def test_a_decision_is_a_mail_or_a_reason():
    """The two ends of restraint."""
    assert Decision(MailKind.WARNING, None).mail
    assert not Decision(None, Silence.COOLDOWN).mail


def test_zones_are_those_of_the_locked_tzdata():
    """Not the system's, which may be years old: Morocco's clock of 2026 is known to the locked one."""
    assert TZPATH == ()
    assert ZoneInfo.no_cache("Africa/Casablanca").utcoffset(datetime(2026, 12, 31)) == timedelta(0)

"""The count of calls: windows, headers, and a ledger that never lets one call too many through."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import QuotaExhausted
from service.strava.quota import (
    MARGIN,
    Limits,
    MemoryLedger,
    Pair,
    Reading,
    opens_after_refusal,
    quarter_hour,
    read_headers,
    utc_day,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-01T{text}+00:00")


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("09:07:00", "09:00:02", "09:15:02"),  # the middle of a window
        ("09:00:02", "09:00:02", "09:15:02"),  # it opens two seconds late
        ("09:00:01.999", "08:45:02", "09:00:02"),  # within the margin the old one still counts
        ("09:14:59.9", "09:00:02", "09:15:02"),  # where stravalib waits for 0 s and hits the old window
    ],
)
def test_quarter_hours_open_two_seconds_after_the_clock_does(now: str, start: str, end: str) -> None:
    """Our clock and Strava's may differ a little."""
    window = quarter_hour(at(now))

    assert (at(start), at(end)) == (window.start, window.end)


def test_the_day_turns_at_utc_midnight_wherever_now_was_read() -> None:
    """A zone of the caller does not move the window."""
    evening_in_new_york = datetime(2026, 2, 28, 20, 0, tzinfo=timezone(timedelta(hours=-5)))

    assert datetime(2026, 3, 1, 0, 0, 2, tzinfo=UTC) == utc_day(evening_in_new_york).start
    assert datetime(2026, 3, 2, 0, 0, 2, tzinfo=UTC) == utc_day(evening_in_new_york).end


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)))
def test_every_instant_lies_in_exactly_its_window(now: datetime) -> None:
    """Windows leave no gap and do not overlap."""
    for window in (quarter_hour(now), utc_day(now)):
        assert window.start <= now < window.end
    assert quarter_hour(quarter_hour(now).end).start == quarter_hour(now).end


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        # as Strava spells them
        (
            {
                "X-Ratelimit-Limit": "200,2000",
                "X-Ratelimit-Usage": "8,151",
                "X-Readratelimit-Limit": "100,1000",
                "X-Readratelimit-Usage": "7,150",
            },
            Reading(Pair(200, 2000), Pair(8, 151), Pair(100, 1000), Pair(7, 150)),
        ),
        # as Strava documents them, and as HTTP/2 would
        ({"X-RateLimit-Usage": "1,2"}, Reading(overall_usage=Pair(1, 2))),
        ({"x-readratelimit-usage": " 1 , 2 "}, Reading(read_usage=Pair(1, 2))),
        ({}, Reading()),  # streams carry none
        ({"X-Readratelimit-Usage": ","}, Reading()),  # recorded on a POST
        ({"X-Ratelimit-Limit": "0,0"}, Reading()),  # would close the door for good
        ({"X-Ratelimit-Usage": "0,0"}, Reading(overall_usage=Pair(0, 0))),  # recorded on webhooks
        ({"X-Ratelimit-Usage": "-1,5"}, Reading()),  # nonsense
        ({"X-Ratelimit-Usage": "1,2,3"}, Reading()),  # a third number: we cannot know which is which
        ({"X-Ratelimit-Usage": "12"}, Reading()),  # one number
        ({"X-Ratelimit-Usage": "1.5,9"}, Reading()),  # not whole
        ({"X-Ratelimit-Usage": "9" * 5000 + ",1"}, Reading()),  # too long to be a count
        ({"X-Ratelimit-Usage": "٣,٤"}, Reading()),  # digits, but not ASCII
    ],
)
def test_headers_are_read_in_any_form(headers: dict[str, str], expected: Reading) -> None:
    """What cannot be read is unknown, never an error."""
    assert expected == read_headers(headers)


@given(st.dictionaries(st.sampled_from(["X-RateLimit-Usage", "x-ratelimit-limit"]), st.text()))
def test_no_header_text_raises(headers: dict[str, str]) -> None:
    """Headers come from outside."""
    read_headers(headers)


@pytest.mark.parametrize(
    ("reading", "opens"),
    [
        (Reading(), at("09:15:02")),  # headers absent: the quarter hour
        (Reading(Pair(200, 2000), Pair(200, 700)), at("09:15:02")),  # quarter hour spent
        (Reading(Pair(200, 2000), Pair(3, 2000)), at("00:00:02") + timedelta(days=1)),  # day spent, overall
        (
            Reading(read_limit=Pair(100, 1000), read_usage=Pair(3, 1004)),  # day spent, reads alone
            at("00:00:02") + timedelta(days=1),
        ),
        (Reading(overall_usage=Pair(3, 2000)), at("09:15:02")),  # usage without its limit tells nothing
    ],
)
def test_a_refusal_names_the_window_that_has_to_open(reading: Reading, opens: datetime) -> None:
    """After a 429 nothing is sent before this instant."""
    assert opens == opens_after_refusal(at("09:07:00"), reading)


def refused(ledger: MemoryLedger, now: datetime) -> datetime | None:
    try:
        ledger.reserve(now)
    except QuotaExhausted as error:
        return error.opens_at
    return None


def test_the_last_call_of_a_quarter_hour_passes_and_the_next_waits_for_the_window() -> None:
    """Exactly the limit, not one less or more."""
    ledger = MemoryLedger(Limits(Pair(200, 2000), Pair(100, 1000)))

    assert [refused(ledger, at("09:01:00")) for _ in range(100)] == [None] * 100
    assert at("09:15:02") == refused(ledger, at("09:01:00"))
    assert at("09:15:02") == refused(ledger, at("09:15:01"))
    assert None is refused(ledger, at("09:15:02"))
    assert Pair(1, 101) == ledger.used


def test_threads_together_get_exactly_the_limit() -> None:
    """One count for all who send."""
    ledger = MemoryLedger()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refused(ledger, at("09:01:00")), range(400)))

    assert answers.count(None) == 100


def test_a_refused_reservation_is_not_counted() -> None:
    """Asking costs nothing."""
    ledger = MemoryLedger(Limits(Pair(2, 9), Pair(1, 9)))
    ledger.reserve(at("09:01:00"))
    for _ in range(5):
        refused(ledger, at("09:01:00"))

    assert Pair(1, 1) == ledger.used


def test_a_spent_day_opens_after_midnight() -> None:
    """Not with the next quarter hour."""
    ledger = MemoryLedger(Limits(Pair(100, 100), Pair(100, 3)))
    for minute in (1, 16, 31):
        ledger.reserve(at(f"09:{minute:02}:00"))

    assert datetime(2026, 3, 2, 0, 0, 2, tzinfo=UTC) == refused(ledger, at("09:46:00"))
    assert None is refused(ledger, datetime(2026, 3, 2, 0, 0, 2, tzinfo=UTC))


def test_the_overall_limit_binds_where_it_is_the_tighter_one() -> None:
    """stravalib looks at the read limit alone."""
    ledger = MemoryLedger(Limits(overall=Pair(1, 9), read=Pair(5, 9)))
    ledger.reserve(at("09:01:00"))

    assert at("09:15:02") == refused(ledger, at("09:01:00"))


def test_the_larger_of_ledger_and_header_wins() -> None:
    """Another program may use the same application; a header may be older than our count."""
    ledger = MemoryLedger()
    ledger.reserve(at("09:01:00"))
    ledger.learn(at("09:01:00"), Reading(read_usage=Pair(99, 400)))
    assert Pair(99, 400) == ledger.used

    ledger.learn(at("09:01:00"), Reading(read_usage=Pair(1, 1)))
    assert Pair(99, 400) == ledger.used

    ledger.reserve(at("09:01:00"))
    assert at("09:15:02") == refused(ledger, at("09:01:00"))


def test_new_limits_hold_at_once() -> None:
    """Strava may change them without notice, in both directions."""
    ledger = MemoryLedger(Limits(Pair(1, 10), Pair(1, 10)))
    ledger.reserve(at("09:01:00"))
    ledger.learn(at("09:01:00"), Reading(overall_limit=Pair(5, 10), read_limit=Pair(2, 10)))
    assert None is refused(ledger, at("09:01:00"))
    assert at("09:15:02") == refused(ledger, at("09:01:00"))


def test_a_late_answer_does_not_fill_the_new_window() -> None:
    """Its usage belongs to the window its call was sent in."""
    ledger = MemoryLedger()
    ledger.reserve(at("09:14:00"))
    ledger.reserve(at("09:16:00"))
    ledger.learn(at("09:14:00"), Reading(read_usage=Pair(100, 400)))

    assert Pair(1, 2) == ledger.used


def test_a_429_closes_the_window_whatever_was_counted() -> None:
    """Strava knows better."""
    ledger = MemoryLedger()
    ledger.close(at("09:07:00"), at("09:15:02"))

    assert at("09:15:02") == refused(ledger, at("09:14:59"))
    assert None is refused(ledger, at("09:15:02"))


def test_the_later_of_two_closings_holds() -> None:
    """A spent day is not opened by a refusal that only knew the quarter hour."""
    ledger = MemoryLedger(Limits(Pair(1, 9), Pair(1, 9)))
    tomorrow = datetime(2026, 3, 2, 0, 0, 2, tzinfo=UTC)
    ledger.reserve(at("09:07:00"))
    ledger.close(at("09:07:00"), tomorrow)
    ledger.close(at("09:07:00"), at("09:15:02"))

    assert tomorrow == refused(ledger, at("09:07:00"))


@given(
    st.lists(st.integers(min_value=0, max_value=400), min_size=1, max_size=120),
    st.integers(min_value=1, max_value=6),
    st.integers(min_value=1, max_value=20),
)
def test_no_window_ever_holds_more_than_its_limit(steps_s: list[int], quarter: int, day: int) -> None:
    """Whenever calls come: what is let through fits both windows, and the named instant is open."""
    ledger = MemoryLedger(Limits(Pair(quarter, day), Pair(quarter, day)))
    now, sent = at("20:00:00"), list[datetime]()
    for step in steps_s:
        now += timedelta(seconds=step)
        opens_at = refused(ledger, now)
        if opens_at is None:
            sent.append(now - MARGIN)
        else:
            assert opens_at > now
            now = opens_at

    by_quarter = [(moment.date(), moment.hour, moment.minute // 15) for moment in sent]
    by_day = [moment.date() for moment in sent]
    assert max(map(by_quarter.count, by_quarter)) <= quarter
    assert max(map(by_day.count, by_day)) <= day

"""Both rate limits, in Strava's windows and Strava's headers."""

from datetime import datetime, timedelta

import httpx
import pytest

from tests.strava_standin.clock import instant
from tests.strava_standin.control import CLIENT_ID, CLIENT_SECRET, Standin
from tests.strava_standin.quota import Quota

NOON = instant("2026-03-01T12:00:00Z")


def bearer(standin: Standin) -> dict[str, str]:
    return {"Authorization": f"Bearer {standin.grant(7000001)['access_token']}"}


def used(quota: Quota, now: datetime) -> tuple[str, str]:
    headers = dict(quota.headers(now))
    return headers["X-Ratelimit-Usage"], headers["X-Readratelimit-Usage"]


def test_usage_includes_the_call_itself() -> None:
    """The first answer already says 1."""
    quota = Quota()
    assert quota.take(NOON, read=True) is None
    assert used(quota, NOON) == ("1,1", "1,1")


def test_writes_count_only_overall() -> None:
    """POST is not a read."""
    quota = Quota()
    quota.take(NOON, read=False)
    assert used(quota, NOON) == ("1,1", "0,0")


@pytest.mark.parametrize(
    ("later", "usage"),
    [
        (timedelta(minutes=14, seconds=59), "2,2"),  # the same quarter hour
        (timedelta(minutes=15), "1,2"),  # windows follow the clock, not the first call
        (timedelta(hours=12), "1,1"),  # midnight UTC ends the day
    ],
)
def test_windows_follow_the_clock(later: timedelta, usage: str) -> None:
    """:00, :15, :30, :45 and midnight UTC."""
    quota = Quota()
    quota.take(NOON, read=True)
    quota.take(NOON + later, read=True)
    assert used(quota, NOON + later)[0] == usage


def test_a_refused_call_still_costs_the_day() -> None:
    """As recorded: 100,333, three refusals, then 1,337."""
    quota = Quota(read_limit=(100, 1000))
    for _ in range(100):
        assert quota.take(NOON, read=True) is None
    assert [quota.take(NOON, read=True) for _ in range(3)] == ["read rate limit"] * 3
    assert used(quota, NOON)[1] == "100,103"
    later = NOON + timedelta(minutes=15)
    assert quota.take(later, read=True) is None
    assert used(quota, later)[1] == "1,104"


def test_a_spent_day_refuses_until_midnight() -> None:
    """The quarter hour opening again does not help."""
    quota = Quota(read_limit=(100, 2))
    for minutes in (0, 15):
        assert quota.take(NOON + timedelta(minutes=minutes), read=True) is None
    assert quota.take(NOON + timedelta(hours=11), read=True) == "read rate limit"
    assert quota.take(NOON + timedelta(hours=12), read=True) is None


def test_the_overall_limit_refuses_reads_and_writes() -> None:
    """Even where the read limit has room."""
    quota = Quota(overall_limit=(1, 10))
    assert quota.take(NOON, read=False) is None
    assert quota.take(NOON, read=True) == "overall rate limit"
    assert quota.take(NOON, read=False) == "overall rate limit"


def test_answers_carry_both_pairs_in_stravas_spelling(standin: Standin) -> None:
    """A client that looks for X-RateLimit-Limit by exact name would miss them."""
    answer = httpx.get(f"{standin.api_base}/athlete", headers=bearer(standin))
    names = [name.decode() for name, _ in answer.headers.raw]
    assert {name for name in names if "imit" in name} == {
        "X-Ratelimit-Limit",
        "X-Ratelimit-Usage",
        "X-Readratelimit-Limit",
        "X-Readratelimit-Usage",
    }
    assert answer.headers["x-ratelimit-limit"] == "200,2000"
    assert answer.headers["x-readratelimit-limit"] == "100,1000"
    assert answer.headers["date"] == "Sun, 01 Mar 2026 00:00:00 GMT"


def test_streams_and_tokens_carry_none_and_cost_nothing(standin: Standin) -> None:
    """As recorded: the counter does not move across them."""
    headers = bearer(standin)
    row = httpx.get(f"{standin.api_base}/athlete/activities", headers=headers).json()[0]
    streams = httpx.get(f"{standin.api_base}/activities/{row['id']}/streams", headers=headers)
    sent = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "refresh_token"}
    token = httpx.post(f"{standin.url}/oauth/token", data=sent | {"refresh_token": "x"})
    for answer in (streams, token):
        assert not [name for name in answer.headers if "limit" in name]
    assert standin.limits()["read_usage"] == [1, 1]
    assert [entry["counted"] for entry in standin.ledger()] == [True, False, False]


def test_too_many_calls_are_429_without_retry_after(standin: Standin) -> None:
    """Strava's body of 2023, the headers say it all, nobody says when."""
    standin.limits(read_limit=(2, 1000))
    headers = bearer(standin)
    answers = [httpx.get(f"{standin.api_base}/athlete", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["x-readratelimit-usage"] == "2,3"
    assert "retry-after" not in answers[2].headers
    assert answers[2].json() == {
        "message": "Rate Limit Exceeded",
        "errors": [{"resource": "Application", "field": "read rate limit", "code": "exceeded"}],
    }
    assert standin.counters()["too_many"] == 1
    standin.advance(15 * 60)
    assert httpx.get(f"{standin.api_base}/athlete", headers=headers).status_code == 200


def test_a_call_without_a_living_token_costs_nothing(standin: Standin) -> None:
    """401 comes before the quota."""
    httpx.get(f"{standin.api_base}/athlete", headers={"Authorization": "Bearer nobody"})
    assert standin.limits()["overall_usage"] == [0, 0]
    assert standin.counters() == {"unauthorized": 1}


def test_the_ledger_says_who_asked_for_what(standin: Standin) -> None:
    """Time by the stand-in's clock, the athlete behind the token, and no secret in the query."""
    headers = bearer(standin)
    standin.advance(61)
    httpx.get(f"{standin.api_base}/athlete/activities?page=2&access_token=s3cret", headers=headers)
    httpx.get(f"{standin.url}/nowhere")
    assert standin.ledger() == [
        {
            "number": 1,
            "time": "2026-03-01T00:01:01Z",
            "method": "GET",
            "path": "/api/v3/athlete/activities",
            "query": "page=2&access_token=%E2%80%A6",
            "athlete": 7000001,
            "counted": True,
            "status": 200,
        },
        {
            "number": 2,
            "time": "2026-03-01T00:01:01Z",
            "method": "GET",
            "path": "/nowhere",
            "query": "",
            "athlete": None,
            "counted": False,
            "status": 404,
        },
    ]
    assert [entry["number"] for entry in standin.ledger(since=1)] == [2]
    assert [entry["number"] for entry in standin.ledger(athlete=7000001)] == [1]
    assert standin.totals()["counted_by_athlete"] == {"7000001": 1}
    standin.clear_ledger()
    assert standin.totals()["requests"] == 0

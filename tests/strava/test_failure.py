"""Every way Strava can refuse becomes the one error that says what to do."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import (
    AppInactive,
    AthleteLimitReached,
    Gone,
    QuotaExhausted,
    ScopeMissing,
    StravaError,
    StravaUnavailable,
    TokenDead,
)
from service.strava.exchange import Answer
from service.strava.failure import failure

NOW = datetime(2026, 3, 1, 9, 7, tzinfo=UTC)
KEYS = ("message", "error", "errors", "resource", "field", "code")
RECORDED = Path(__file__).parents[3] / "shared/data/strava_api/recorded_responses.json"


def refusal(resource: str, field: str, code: str, message: str = "Authorization Error") -> dict[str, Any]:
    return {"message": message, "errors": [{"resource": resource, "field": field, "code": code}]}


def fail(
    status: int, body: object = "", headers: dict[str, str] | None = None, **kwargs: bool
) -> StravaError:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return failure(Answer(status, headers or {}, content), "read activity", NOW, **kwargs)


@pytest.mark.parametrize(
    ("expected", "status", "body"),
    [
        # 401, first meaning: the token is dead, in both recorded spellings, and with nothing said
        (TokenDead, 401, refusal("Application", "", "invalid")),
        (TokenDead, 401, refusal("Athlete", "access_token", "invalid")),
        (TokenDead, 401, ""),
        # 401, second meaning: it lives but does not cover the call
        (ScopeMissing, 401, refusal("AccessToken", "activity:read_permission", "missing")),
        (ScopeMissing, 401, refusal("AccessToken", "profile:read_all_permission", "")),
        # the reason may stand second
        (
            ScopeMissing,
            401,
            {"errors": [{"resource": "Athlete"}, {"field": "activity:read_permission", "code": "missing"}]},
        ),
        # 403: the operator's application, or no room for one more athlete, in three spellings
        (AppInactive, 403, refusal("Application", "Status", "Inactive", "Forbidden")),
        (AppInactive, 403, {"errors": {"resource": "Application", "field": "Status", "code": "Inactive"}}),
        (AthleteLimitReached, 403, {"message": "Limit of connected athletes exceeded", "errors": []}),
        (AthleteLimitReached, 403, {"message": "Forbidden", "errors": "Too many athletes"}),
        (AthleteLimitReached, 403, {"message": "Too many accounts on that key"}),
        (ScopeMissing, 403, refusal("AccessToken", "activity:read", "missing")),
        (StravaError, 403, refusal("Activity", "", "not_yours")),
        # something in front of Strava answered, not Strava
        (StravaUnavailable, 403, "<!DOCTYPE html><title>Request blocked</title>"),
        (StravaUnavailable, 401, "  <html>"),
        (StravaUnavailable, 404, "<html>no such path</html>"),
        # 404 with a body and as recorded, with none
        (
            Gone,
            404,
            {"message": "Record Not Found", "errors": [{"code": "not found"}]},
        ),
        (Gone, 404, ""),
        # 429 as it is now and as it was in 2018
        (
            QuotaExhausted,
            429,
            refusal("Application", "overall rate limit", "exceeded"),
        ),
        (
            QuotaExhausted,
            429,
            {"errors": "Rate Limit Exceeded", "message": "Too Many Requests"},
        ),
        (QuotaExhausted, 429, "<html>slow down</html>"),
        # trouble at their end
        (StravaUnavailable, 500, ""),
        (StravaUnavailable, 502, "<html>Bad gateway</html>"),
        (StravaUnavailable, 503, {"message": "error"}),
        (StravaUnavailable, 504, '{"mess'),
        # an answer where none was possible: a redirect, or a fault under a 200
        (StravaUnavailable, 302, ""),
        (StravaUnavailable, 200, {"message": "error", "errors": []}),
        # our own mistake
        (StravaError, 400, refusal("Activity", "per_page", "invalid", "Bad Request")),
        (StravaError, 418, "[]"),
        (StravaError, 422, "[" * 100_000),
    ],
)
def test_each_refusal_has_its_error(expected: type[StravaError], status: int, body: object) -> None:
    """Exactly this class: jobs decide by it."""
    assert expected is type(fail(status, body))


@pytest.mark.parametrize(
    ("expected", "status", "body"),
    [
        # the grant is gone: revoked, rotated away, code used twice or too late
        (TokenDead, 400, refusal("RefreshToken", "refresh_token", "invalid", "Bad Request")),
        (TokenDead, 400, refusal("RequestToken", "code", "invalid", "Bad Request")),
        (TokenDead, 400, refusal("AuthorizationCode", "code", "invalid", "Bad Request")),
        (TokenDead, 401, refusal("Athlete", "access_token", "invalid")),
        (TokenDead, 400, {"error": "invalid_grant"}),
        # a wrong secret in the settings must not look as if every athlete had left
        (AppInactive, 400, refusal("Application", "client_id", "invalid", "Bad Request")),
        (AppInactive, 400, refusal("Application", "client_secret", "invalid", "Bad Request")),
        (AppInactive, 401, refusal("Application", "", "invalid")),
        (AppInactive, 401, {"error": "invalid_client"}),
        # nor may a body nobody can read
        (StravaUnavailable, 400, ""),
        (StravaUnavailable, 400, "[]"),
        (StravaUnavailable, 401, '{"message": "Bad Re'),
        (StravaUnavailable, 400, "<html>Bad request</html>"),
        (AthleteLimitReached, 403, {"message": "Limit of connected athletes exceeded"}),
        (StravaError, 405, ""),
    ],
)
def test_with_our_own_credentials_a_refusal_may_mean_us(
    expected: type[StravaError], status: int, body: object
) -> None:
    """Only a refused grant ends a connection."""
    assert expected is type(fail(status, body, with_credentials=True))


@pytest.mark.parametrize(
    ("headers", "opens"),
    [
        ({}, "2026-03-01T09:15:02"),  # no headers, no Retry-After
        (
            {"X-Ratelimit-Limit": "600,30000", "X-Ratelimit-Usage": "600,30000"},  # as recorded in 2018
            "2026-03-02T00:00:02",
        ),
        ({"Retry-After": "1800"}, "2026-03-01T09:37:00"),  # longer than the window: believed
        ({"retry-after": "5"}, "2026-03-01T09:15:02"),  # shorter: not believed
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "2026-03-01T09:15:02"),  # as a date: ignored
        ({"Retry-After": "9999999"}, "2026-03-02T09:07:00"),  # never longer than a day
    ],
)
def test_a_429_says_when_to_come_back(headers: dict[str, str], opens: str) -> None:
    """Never before the window opens."""
    error = fail(429, refusal("Application", "overall rate limit", "exceeded"), headers)

    assert isinstance(error, QuotaExhausted)
    assert datetime.fromisoformat(opens).replace(tzinfo=UTC) == error.opens_at


def test_the_message_names_call_status_and_reason() -> None:
    """It is what an operator reads in the log."""
    assert "Strava answered 401 (accesstoken.activity:read_permission.missing) to 'read activity'" in str(
        fail(401, refusal("AccessToken", "activity:read_permission", "missing"))
    )


def test_nothing_of_a_body_reaches_the_message_but_words() -> None:
    """A server may echo what it was sent."""
    entry = {"resource": "7f3a91", "field": "Bearer 7f3a91", "code": None}

    assert "7f3a91" not in str(fail(401, {"message": "token 7f3a91", "errors": [entry]}))


@given(st.integers(min_value=100, max_value=599), st.binary(max_size=200), st.booleans())
def test_any_answer_is_mapped(status: int, body: bytes, with_credentials: bool) -> None:
    """Whatever comes back, one of our errors comes out."""
    error = failure(Answer(status, {}, body), "read athlete", NOW, with_credentials=with_credentials)

    assert isinstance(error, StravaError)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["message", "error", "errors", "resource", "field", "code"]), inner
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from([200, 400, 401, 403, 404, 429, 500]),
)
def test_any_json_is_mapped(body: object, status: int) -> None:
    """Every shape of fault, also those nobody has seen."""
    assert isinstance(fail(status, {"errors": body}), StravaError)
    assert isinstance(fail(status, [body], with_credentials=True), StravaError)


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers (../shared/data) are not here")
def test_every_recorded_refusal_is_mapped_right() -> None:
    """Strava's real words: 401, 404 with an empty body, the 429 of 2018, both 400s of the token endpoint."""
    expected = {
        "activity_with_ratelimit_exceeded": QuotaExhausted,
        "authorization_error": TokenDead,
        "not_found_error": Gone,
        "strava/oauth/token_invalid_client": AppInactive,
        "strava/oauth/token_invalid_code": TokenDead,
    }
    refusals = [row for row in json.loads(RECORDED.read_text()) if row["status"] >= 300]

    mapped = {
        row["cassette"]: type(
            fail(row["status"], row["body"], row["headers"], with_credentials="/oauth/" in row["uri"])
        )
        for row in refusals
    }
    assert expected == mapped

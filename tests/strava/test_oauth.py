"""Tokens and their end, over real HTTP."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from service.domain.grant import RENEW_BEFORE, Grant, Tokens
from service.domain.history import Sex
from service.errors import (
    AppInactive,
    AthleteLimitReached,
    QuotaExhausted,
    StravaUnavailable,
    TokenDead,
)
from service.strava.exchange import Exchange
from service.strava.oauth import OAuth
from service.strava.quota import Limits, MemoryLedger, Pair
from tests.strava.conftest import CODE, NOW, REFRESH, SECRET, SLOW, TOKEN
from tests.strava.scripted import Script, Scripted, answer, drip, reset, reset_mid_body, silence

IN_SIX_HOURS = NOW + timedelta(hours=6)
SCOPES = frozenset({"read", "activity:read_all"})
TOKENS = {
    "token_type": "Bearer",
    "access_token": "new-access",
    "refresh_token": "new-refresh",
    "expires_at": int(IN_SIX_HOURS.timestamp()),
    "expires_in": 21600,
}
HALF_A_SECOND = timedelta(seconds=0.5)


def fault(resource: str, field: str, code: str) -> dict[str, Any]:
    return {"message": "Bad Request", "errors": [{"resource": resource, "field": field, "code": code}]}


def form(body: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body).items()}


def test_a_code_becomes_a_grant(oauth: OAuth, scripted: Scripted, ledger: MemoryLedger) -> None:
    """Tokens, whose they are, for what; the call is not counted."""
    scripted.play(answer(body=TOKENS | {"athlete": {"id": 1000001, "sex": "F", "firstname": "Test"}}))

    assert Grant(
        Tokens("new-access", "new-refresh", IN_SIX_HOURS), 1000001, SCOPES, Sex.FEMALE
    ) == oauth.exchange(CODE, SCOPES, NOW)
    asked = scripted.asked[0]
    assert (asked.method, asked.path, asked.query) == ("POST", "/oauth/token", {})
    assert form(asked.body) == {
        "client_id": "4711",
        "client_secret": SECRET,
        "code": CODE,
        "grant_type": "authorization_code",
    }
    assert Pair(0, 0) == ledger.used


def test_without_scopes_on_the_redirect_the_token_answer_is_asked(oauth: OAuth, scripted: Scripted) -> None:
    """Whether it repeats them is disputed, so it comes second."""
    scripted.play(answer(body=TOKENS | {"athlete": {"id": 1, "sex": None}, "scope": "read,activity:read"}))

    grant = oauth.exchange(CODE, frozenset(), NOW)
    assert (frozenset({"read", "activity:read"}), None) == (grant.scopes, grant.sex)


@pytest.mark.parametrize(
    "athlete",
    [None, [], {}, {"id": "1000001"}, {"id": 0}, {"id": None}],  # missing, or no usable id
)
def test_tokens_of_nobody_are_not_taken(oauth: OAuth, scripted: Scripted, athlete: object) -> None:
    """They could not be bound to an account."""
    scripted.play(answer(body=TOKENS | {"athlete": athlete}))

    with pytest.raises(StravaUnavailable, match="without an athlete"):
        oauth.exchange(CODE, SCOPES, NOW)


def test_a_refresh_brings_both_tokens(oauth: OAuth, scripted: Scripted, ledger: MemoryLedger) -> None:
    """The old refresh token may be dead from here on."""
    scripted.play(answer(body=TOKENS))

    assert Tokens("new-access", "new-refresh", IN_SIX_HOURS) == oauth.refresh(REFRESH, NOW)
    assert form(scripted.asked[0].body) == {
        "client_id": "4711",
        "client_secret": SECRET,
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
    }
    assert Pair(0, 0) == ledger.used


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # no new refresh token: the old one goes on
        ({"refresh_token": None}, Tokens("new-access", REFRESH, IN_SIX_HOURS)),
        # an end nobody can read: renew before the next use rather than lose the rotation
        ({"expires_at": None}, Tokens("new-access", "new-refresh", NOW)),
        ({"expires_at": "soon"}, Tokens("new-access", "new-refresh", NOW)),
        ({"expires_at": 1e300}, Tokens("new-access", "new-refresh", NOW)),
        # a fraction is as good; an end too far away is not believed
        (
            {"expires_at": IN_SIX_HOURS.timestamp() - 0.5},
            Tokens("new-access", "new-refresh", IN_SIX_HOURS - timedelta(seconds=0.5)),
        ),
        ({"expires_at": 4_000_000_000}, Tokens("new-access", "new-refresh", IN_SIX_HOURS)),
    ],
)
def test_a_living_token_is_never_thrown_away(
    oauth: OAuth, scripted: Scripted, changes: dict[str, Any], expected: Tokens
) -> None:
    """The old refresh token died with this answer, so what can be used of it is used."""
    scripted.play(answer(body=TOKENS | changes))

    assert expected == oauth.refresh(REFRESH, NOW)


@pytest.mark.parametrize(
    ("expected", "script"),
    [
        # refused: the grant, the code, us, or one athlete too many
        (
            TokenDead,
            answer(
                400, {"errors": [{"resource": "RefreshToken", "field": "refresh_token", "code": "invalid"}]}
            ),
        ),
        (
            AppInactive,
            answer(400, {"errors": [{"resource": "Application", "field": "client_id", "code": "invalid"}]}),
        ),
        (
            AppInactive,
            answer(403, {"errors": [{"resource": "Application", "field": "Status", "code": "Inactive"}]}),
        ),
        (AthleteLimitReached, answer(403, {"message": "Limit of connected athletes exceeded", "errors": []})),
        (QuotaExhausted, answer(429, "")),
        # no usable answer
        (StravaUnavailable, answer(500, "")),
        (StravaUnavailable, answer(302, "", {"Location": "http://elsewhere.example/"})),
        (StravaUnavailable, answer(200, "<html>")),
        (StravaUnavailable, answer(200, '{"access_token": "new-acc')),
        (StravaUnavailable, answer(200, '{"access_token": "new-acc', length=500)),
        (StravaUnavailable, answer(200, "[]")),
        (StravaUnavailable, answer(200, "[" * 50_000)),
        (StravaUnavailable, answer(200, "x" * 200_000)),
        (StravaUnavailable, answer(200, TOKENS | {"access_token": ""})),
        (StravaUnavailable, answer(200, TOKENS | {"access_token": "a\r\nb"})),
        (StravaUnavailable, answer(200, TOKENS | {"access_token": ["a"]})),
        (StravaUnavailable, reset),
        (StravaUnavailable, reset_mid_body),
        pytest.param(StravaUnavailable, silence, marks=SLOW),
        pytest.param(StravaUnavailable, drip, marks=SLOW),
    ],
)
def test_every_failed_renewal_is_one_of_ours(
    oauth: OAuth, scripted: Scripted, expected: type[Exception], script: Script
) -> None:
    """One request, one error, nothing tried again: the second use of a rotated token is suspicious."""
    scripted.play(script)

    with pytest.raises(expected) as caught:
        oauth.refresh(REFRESH, NOW)
    assert expected is type(caught.value)
    assert caught.value.__context__ is None
    assert len(scripted.asked) == 1


def test_a_wrong_base_is_unavailability(ledger: MemoryLedger) -> None:
    """An address that is none must not crash a job."""
    oauth = OAuth("1", SECRET, "https://legs.example/", ledger=ledger, oauth_base="http://a:b")
    with pytest.raises(StravaUnavailable, match="InvalidURL"):
        oauth.refresh(REFRESH, NOW)
    oauth.close()


def test_a_grant_is_revoked_with_our_credentials_in_the_header(
    oauth: OAuth, scripted: Scripted, ledger: MemoryLedger
) -> None:
    """``oauth/revoke``, which stravalib does not know; the call is counted and its headers are read."""
    scripted.play(answer(200, "", {"X-Readratelimit-Usage": "7,70"}))
    oauth.revoke(TOKEN, NOW)

    asked = scripted.asked[0]
    assert (asked.method, asked.path, form(asked.body)) == ("POST", "/oauth/revoke", {"token": TOKEN})
    assert "Basic " + base64.b64encode(f"4711:{SECRET}".encode()).decode() == asked.headers["authorization"]
    assert Pair(7, 70) == ledger.used


@pytest.mark.parametrize(
    "script",
    [
        answer(204),  # nothing to say
        answer(400, {"errors": [{"resource": "RefreshToken", "code": "invalid"}]}),  # ended before
        answer(401, {"errors": [{"resource": "Athlete", "field": "access_token", "code": "invalid"}]}),  # too
    ],
)
def test_revoking_what_is_over_is_no_error(oauth: OAuth, scripted: Scripted, script: Script) -> None:
    """The aim is reached."""
    scripted.play(script)
    oauth.revoke(TOKEN, NOW)

    assert len(scripted.asked) == 1


def test_a_revocation_that_did_not_happen_is_told(oauth: OAuth, scripted: Scripted) -> None:
    """Erasing has to try again."""
    scripted.play(answer(401, {"errors": [{"resource": "Application", "code": "invalid"}]}))
    with pytest.raises(AppInactive):
        oauth.revoke(TOKEN, NOW)


def test_a_429_to_a_revocation_closes_the_window_for_all(
    oauth: OAuth, scripted: Scripted, ledger: MemoryLedger
) -> None:
    """The ledger is shared with the reading of data."""
    scripted.play(answer(429, ""))
    with pytest.raises(QuotaExhausted):
        oauth.revoke(TOKEN, NOW)
    with pytest.raises(QuotaExhausted):
        ledger.reserve(NOW)


def test_a_revocation_waits_for_quota(scripted: Scripted) -> None:
    """It is reserved before it is sent."""
    ledger = MemoryLedger(Limits(Pair(1, 1), Pair(1, 1)))
    ledger.reserve(NOW)
    oauth = OAuth("1", SECRET, "https://legs.example/", ledger=ledger, oauth_base=scripted.url)
    with pytest.raises(QuotaExhausted):
        oauth.revoke(TOKEN, NOW)
    oauth.close()

    assert scripted.asked == []


def test_each_exchange_is_seen(oauth: OAuth, scripted: Scripted, exchanges: list[Exchange]) -> None:
    """Metrics know the endpoint, the status and nothing else."""
    scripted.play(answer(body=TOKENS), reset)
    oauth.refresh(REFRESH, NOW)
    with pytest.raises(StravaUnavailable):
        oauth.revoke(TOKEN, NOW)

    assert [(seen.call, seen.status) for seen in exchanges] == [
        ("POST /oauth/token", 200),
        ("POST /oauth/revoke", None),
    ]


def test_the_environment_sends_nothing_elsewhere(
    scripted: Scripted, ledger: MemoryLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in the environment does not get to see the secret."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    scripted.play(answer(body=TOKENS))
    oauth = OAuth("1", SECRET, "https://legs.example/", ledger=ledger, oauth_base=scripted.url + "/")

    assert oauth.refresh(REFRESH, NOW).access_token == "new-access"
    oauth.close()


@pytest.mark.parametrize(
    ("before_end", "fresh"),
    [
        (timedelta(hours=6), True),  # just made
        (RENEW_BEFORE + timedelta(seconds=1), True),  # Strava would answer with the same token
        (RENEW_BEFORE, False),  # from here on with a new one
        (timedelta(0), False),  # over
    ],
)
def test_tokens_are_renewed_in_their_last_hour(before_end: timedelta, fresh: bool) -> None:
    """Neither for nothing nor too late."""
    end = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)

    assert fresh is Tokens("a", "r", end).fresh(end - before_end)

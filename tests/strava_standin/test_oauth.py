"""Authorisation as Strava does it: consent page, single-use codes, rotation, revocation."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.strava_standin.control import CLIENT_ID, CLIENT_SECRET, Standin

REDIRECT = "http://localhost:9/strava/callback"
ASKED = {
    "client_id": CLIENT_ID,
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "state": "s&1",
    "scope": "read,activity:read_all,profile:read_all",
}


def decide(standin: Standin, **fields: object) -> dict[str, list[str]]:
    """Post the consent form; the query of the redirect."""
    answer = httpx.post(f"{standin.url}/oauth/authorize", data=ASKED | fields)
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(REDIRECT)
    return parse_qs(urlsplit(answer.headers["location"]).query)


def token(standin: Standin, **fields: str) -> httpx.Response:
    credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return httpx.post(f"{standin.url}/oauth/token", data=credentials | fields)


def renew(standin: Standin, refresh_token: str) -> httpx.Response:
    return token(standin, grant_type="refresh_token", refresh_token=refresh_token)


def status_with(standin: Standin, access_token: str) -> int:
    headers = {"Authorization": f"Bearer {access_token}"}
    return httpx.get(f"{standin.api_base}/athlete", headers=headers).status_code


def test_the_page_offers_athletes_scopes_and_both_decisions(standin: Standin) -> None:
    """A person sees whom to be, what is asked, and can refuse."""
    page = httpx.get(f"{standin.url}/oauth/authorize", params=ASKED | {"athlete": "7000003"}).text
    assert 'value="7000003" selected' in page
    assert 'value="activity:read_all" checked' in page
    assert 'value="approve"' in page
    assert 'value="refuse"' in page
    assert 'value="s&amp;1"' in page


def test_approval_sends_back_state_code_and_scope(standin: Standin) -> None:
    """One form POST is enough for a script; the code buys the chosen athlete's tokens."""
    sent = decide(standin, athlete="7000002", decision="approve")
    assert sent["state"] == ["s&1"]
    assert sent["scope"] == ["read,activity:read_all,profile:read_all"]
    body = token(standin, grant_type="authorization_code", code=sent["code"][0]).json()
    assert body["athlete"]["id"] == 7000002
    assert body["expires_in"] == 6 * 3600
    assert status_with(standin, body["access_token"]) == 200


def test_unticked_scopes_are_not_granted(standin: Standin) -> None:
    """What the athlete unticks is missing on the redirect; ``read`` cannot be unticked."""
    sent = decide(standin, athlete="7000001", page="1", granted="profile:read_all")
    assert sent["scope"] == ["read,profile:read_all"]


def test_refusal_sends_back_access_denied(standin: Standin) -> None:
    """No code, the state, and Strava's word for no."""
    sent = decide(standin, decision="refuse")
    assert sent == {"state": ["s&1"], "error": ["access_denied"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"client_id": "1"}, "client_id"),  # another application
        ({"redirect_uri": "https://evil.example/cb"}, "redirect_uri"),  # outside the callback domain
        ({"redirect_uri": "https://localhost.evil.example"}, "redirect_uri"),  # looks like it, is not
        ({"scope": "everything"}, "scope"),  # no such scope
        ({"response_type": "token"}, "response_type"),  # not supported
    ],
)
def test_a_wrong_request_is_refused_before_anyone_is_asked(
    standin: Standin, change: dict[str, str], field: str
) -> None:
    """Open redirects would make the stand-in kinder than Strava."""
    answer = httpx.get(f"{standin.url}/oauth/authorize", params=ASKED | change)
    assert answer.status_code == 400
    assert answer.json()["errors"][0] == {"resource": "Application", "field": field, "code": "invalid"}


def test_a_code_works_once(standin: Standin) -> None:
    """The second exchange is refused in Strava's words."""
    code = standin.code(7000001)["code"]
    assert token(standin, grant_type="authorization_code", code=code).status_code == 200
    again = token(standin, grant_type="authorization_code", code=code)
    assert again.status_code == 400
    assert again.json()["errors"] == [{"resource": "RequestToken", "field": "code", "code": "invalid"}]


def test_a_code_dies_after_ten_minutes(standin: Standin) -> None:
    """Ten minutes on the stand-in's clock, not on ours."""
    code = standin.code(7000001)["code"]
    standin.advance(600)
    assert token(standin, grant_type="authorization_code", code=code).status_code == 400


def test_a_wrong_secret_is_refused(standin: Standin) -> None:
    """As recorded: 400, Application, client_id."""
    answer = token(standin, client_secret="guess", grant_type="refresh_token", refresh_token="x")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "client_id")


def test_an_early_refresh_returns_the_same_token(standin: Standin) -> None:
    """More than an hour left: nothing changes, nothing dies."""
    first = standin.grant(7000001)
    standin.advance(5 * 3600 - 1)
    body = renew(standin, first["refresh_token"]).json()
    assert (body["access_token"], body["refresh_token"]) == (first["access_token"], first["refresh_token"])
    assert body["expires_in"] == 3601
    assert "athlete" not in body


def test_a_late_refresh_rotates_and_the_old_refresh_token_dies(standin: Standin) -> None:
    """An hour or less left: new tokens, and a second use of the old one is refused and counted."""
    first = standin.grant(7000001)
    standin.advance(5 * 3600)
    second = renew(standin, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert status_with(standin, first["access_token"]) == 200  # lives until it expires
    assert status_with(standin, second["access_token"]) == 200
    assert renew(standin, first["refresh_token"]).status_code == 400
    assert standin.counters()["refresh_reuse"] == 1
    assert renew(standin, second["refresh_token"]).status_code == 200


def test_an_access_token_dies_after_six_hours(standin: Standin) -> None:
    """On the stand-in's clock, with Strava's 401."""
    first = standin.grant(7000001)
    standin.advance(6 * 3600)
    answer = httpx.get(
        f"{standin.api_base}/athlete", headers={"Authorization": f"Bearer {first['access_token']}"}
    )
    assert answer.status_code == 401
    assert answer.json() == {
        "message": "Authorization Error",
        "errors": [{"resource": "Athlete", "field": "access_token", "code": "invalid"}],
    }


def test_revoking_one_token_kills_both(standin: Standin) -> None:
    """Either token may be named; a dead one is answered 200 too."""
    first = standin.grant(7000001)
    url, auth = f"{standin.url}/oauth/revoke", (CLIENT_ID, CLIENT_SECRET)
    assert httpx.post(url, data={"token": first["refresh_token"]}, auth=auth).status_code == 200
    assert status_with(standin, first["access_token"]) == 401
    assert renew(standin, first["refresh_token"]).status_code == 400
    assert httpx.post(url, data={"token": first["refresh_token"]}, auth=auth).status_code == 200
    assert standin.counters()["revoked"] == 1


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic !"}, {"Authorization": "Basic NDI0MjpubwAA"}]
)
def test_revoking_needs_the_clients_own_credentials(standin: Standin, headers: dict[str, str]) -> None:
    """None, unreadable, wrong: 401, and the grant lives."""
    first = standin.grant(7000001)
    answer = httpx.post(f"{standin.url}/oauth/revoke", data={"token": first["access_token"]}, headers=headers)
    assert answer.status_code == 401
    assert status_with(standin, first["access_token"]) == 200


def test_deauthorize_ends_the_grant_and_counts(standin: Standin) -> None:
    """The old way, until June 2027, under both of its paths."""
    first = standin.grant(7000001)
    headers = {"Authorization": f"Bearer {first['access_token']}"}
    answer = httpx.post(f"{standin.api_base}/oauth/deauthorize", headers=headers)
    assert answer.json() == {"access_token": first["access_token"]}
    assert answer.headers["x-ratelimit-usage"] == "1,1"
    assert httpx.post(f"{standin.url}/oauth/deauthorize", headers=headers).status_code == 401


def test_the_athlete_can_withdraw_at_strava(standin: Standin) -> None:
    """Without any call of the application's."""
    first = standin.grant(7000001)
    assert standin.revoke(7000001) is True
    assert renew(standin, first["refresh_token"]).status_code == 400
    assert standin.revoke(7000001) is False


def test_new_consent_replaces_the_old_grant(standin: Standin) -> None:
    """Connecting again with fewer scopes leaves no token with more."""
    first = standin.grant(7000001)
    standin.grant(7000001, ["read"])
    assert status_with(standin, first["access_token"]) == 401
    assert standin.athlete("steady")["scopes"] == ["read"]


def approved(standin: Standin, athlete: int) -> httpx.Response:
    return httpx.post(
        f"{standin.url}/oauth/authorize", data=ASKED | {"athlete": athlete, "decision": "approve"}
    )


def test_a_full_application_lets_nobody_else_in(standin: Standin) -> None:
    """A page at the consent, a fault at the exchange; who is connected may come again; places fall free."""
    standin.reset(athletes=["steady", "fitter"], athlete_cap=1)
    inside, outside = (each["id"] for each in standin.athletes())
    early = standin.code(outside)["code"]
    standin.grant(inside)
    refused = approved(standin, outside)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "Limit of connected athletes exceeded" in refused.text
    late = token(standin, grant_type="authorization_code", code=early)
    assert (late.status_code, late.json()["message"]) == (403, "Limit of connected athletes exceeded")
    assert standin.counters()["athletes_refused"] == 2
    assert approved(standin, inside).status_code == 302
    standin.revoke(inside)
    assert approved(standin, outside).status_code == 302

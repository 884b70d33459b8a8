"""The way to Strava's consent page and back."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.strava.oauth import Callback, OAuth, Problem, parse_callback
from tests.strava.conftest import SECRET
from tests.strava.scripted import Scripted

NONE: frozenset[str] = frozenset()
BOTH = frozenset({"read", "activity:read"})


def form(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def test_consent_is_asked_for_all_that_loads_the_legs(oauth: OAuth, scripted: Scripted) -> None:
    """Private runs too, and zones; the redirect is a constant."""
    url = urlsplit(oauth.authorize_url("state/1"))

    assert f"{scripted.url}/oauth/authorize" == f"{url.scheme}://{url.netloc}{url.path}"
    assert form(url.query) == {
        "client_id": "4711",
        "redirect_uri": "https://legs.example/connect/callback",
        "response_type": "code",
        "approval_prompt": "auto",
        "scope": "read,activity:read,activity:read_all,profile:read_all",
        "state": "state/1",
    }
    assert SECRET not in url.query


def test_consent_can_be_asked_for_again(oauth: OAuth) -> None:
    """After a missing scope; else Strava passes silently with what it has."""
    assert form(urlsplit(oauth.authorize_url("s", ask_again=True)).query)["approval_prompt"] == "force"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # everything ticked, as Strava sends it
        (
            {"state": "s", "code": "c", "scope": "read,activity:read_all,profile:read_all"},
            Callback("s", "c", frozenset({"read", "activity:read_all", "profile:read_all"}), None),
        ),
        # activities un-ticked
        ({"state": "s", "code": "c", "scope": "read"}, Callback("s", "c", frozenset({"read"}), None)),
        # the list spelled as OAuth's own standard does
        (
            {"state": "s", "code": "c", "scope": "read activity:read"},
            Callback("s", "c", frozenset({"read", "activity:read"}), None),
        ),
        # no list at all: the token answer may still tell
        ({"state": "s", "code": "c"}, Callback("s", "c", frozenset(), None)),
        ({"state": "s", "code": "c", "scope": ","}, Callback("s", "c", frozenset(), None)),
        # refused; a code beside an error is not believed
        ({"state": "s", "error": "access_denied"}, Callback("s", None, NONE, Problem.REFUSED)),
        (
            {"state": "s", "error": "access_denied", "code": "c"},
            Callback("s", None, NONE, Problem.REFUSED),
        ),
        # anything else
        ({"state": "s", "error": "server_error"}, Callback("s", None, NONE, Problem.ERROR)),
        ({"state": "s", "error": ""}, Callback("s", None, NONE, Problem.ERROR)),
        # somebody typed the address, or played with it
        ({}, Callback("", None, NONE, Problem.MALFORMED)),
        ({"code": "c"}, Callback("", None, NONE, Problem.MALFORMED)),
        ({"state": "s", "code": ""}, Callback("s", None, NONE, Problem.MALFORMED)),
        ({"state": "s", "code": "a b"}, Callback("s", None, NONE, Problem.MALFORMED)),
        ({"state": "s", "code": "c\r\nX: 1"}, Callback("s", None, NONE, Problem.MALFORMED)),
        ({"state": "s", "code": "c" * 513}, Callback("s", None, NONE, Problem.MALFORMED)),
        ({"state": "ś", "code": "c"}, Callback("", None, NONE, Problem.MALFORMED)),
    ],
)
def test_the_redirect_is_read(query: dict[str, str], expected: Callback) -> None:
    """The scopes that count are the redirect's: the athlete can un-tick any."""
    assert expected == parse_callback(query)


@given(st.dictionaries(st.sampled_from(["state", "code", "scope", "error"]), st.text()))
def test_no_redirect_raises(query: dict[str, str]) -> None:
    """Anybody can call the address; either a code or a problem comes out."""
    callback = parse_callback(query)

    assert (callback.code is None) == (callback.problem is not None)

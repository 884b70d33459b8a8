"""No token and no secret shows in an error, a log line or a value."""

import base64
import logging
import socket
import traceback
from collections.abc import Callable

import pytest

from service.domain.grant import Grant, Tokens
from service.errors import FreshlegsError
from service.strava.client import StravaClient
from service.strava.exchange import Answer
from service.strava.oauth import OAuth, parse_callback
from tests.strava.conftest import CANARIES, CODE, NOW, REFRESH, SECRET, SLOW, TOKEN
from tests.strava.scripted import (
    Asked,
    Script,
    Scripted,
    answer,
    drip,
    reset,
    reset_mid_body,
    silence,
)

HIDDEN = (*CANARIES, base64.b64encode(f"4711:{SECRET}".encode()).decode())


def echo(status: int) -> Script:
    """A server that puts everything it was sent into its fault."""

    def script(connection: socket.socket, asked: Asked) -> None:
        said = f"{asked.headers.get('authorization')} {asked.body}"
        fault = {"message": said, "errors": [{"resource": said, "field": said, "code": said}]}
        answer(status, fault)(connection, asked)

    return script


FAULTS: dict[str, Script] = {
    "redirect": answer(302, "", {"Location": "http://elsewhere.example/"}),
    "ok but no JSON": answer(200, f"not JSON {TOKEN} {SECRET}"),
    "ok but cut": answer(200, f'{{"access_token": "{TOKEN}", "refresh_token": "{REFRESH}'),
    "ok but wrong": echo(200),
    "reset": reset,
    "reset in the body": reset_mid_body,
    "silence": silence,
    "drip": drip,
} | {f"status {status}": echo(status) for status in (400, 401, 403, 404, 429, 500, 503)}

CALLS: dict[str, Callable[[StravaClient, OAuth], object]] = {
    "activities": lambda strava, oauth: list(strava.activities(TOKEN)),
    "activity": lambda strava, oauth: strava.activity(TOKEN, 5),
    "a token no header can hold": lambda strava, oauth: strava.athlete(TOKEN + "\n"),
    "exchange": lambda strava, oauth: oauth.exchange(CODE, frozenset({"read"}), NOW),
    "refresh": lambda strava, oauth: oauth.refresh(REFRESH, NOW),
    "revoke": lambda strava, oauth: oauth.revoke(REFRESH, NOW),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "fault", [pytest.param(each, marks=SLOW) if each in ("silence", "drip") else each for each in FAULTS]
)
def test_nothing_leaks_when_a_call_fails(
    fault: str,
    call: str,
    scripted: Scripted,
    strava: StravaClient,
    oauth: OAuth,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither in the error, its context and traceback, nor in any logger at DEBUG, nor on a stream."""
    caplog.set_level(logging.DEBUG)
    scripted.play(FAULTS[fault])
    shown = []
    try:
        CALLS[call](strava, oauth)
    except FreshlegsError as error:
        link: BaseException | None = error
        while link is not None:
            shown += [repr(link), str(link), repr(link.args), repr(vars(link))]
            link = link.__cause__ or link.__context__
        shown += traceback.format_exception(error)
    shown += [record.getMessage() + repr(record.args) for record in caplog.records]
    shown += capfd.readouterr()

    found = [secret for secret in HIDDEN if any(secret in text for text in shown)]
    assert found == []
    assert caplog.records, "the libraries log at DEBUG; if not, this test sees nothing"


def test_values_do_not_show_what_they_hold() -> None:
    """A value may stand in a traceback or be logged by mistake."""
    tokens = Tokens(TOKEN, REFRESH, NOW)
    values = [
        tokens,
        Grant(tokens, 1, frozenset()),
        Answer(200, {"authorization": TOKEN}, TOKEN.encode()),
        parse_callback({"state": SECRET, "code": CODE, "scope": "read"}),
    ]

    assert not [secret for secret in CANARIES if secret in repr(values)]


def test_success_is_as_silent(
    scripted: Scripted, strava: StravaClient, oauth: OAuth, caplog: pytest.LogCaptureFixture
) -> None:
    """The same for calls that work."""
    caplog.set_level(logging.DEBUG)
    body = {"access_token": TOKEN, "refresh_token": REFRESH, "expires_at": 1, "athlete": {"id": 1}}
    scripted.play(answer(body=body))
    strava.athlete(TOKEN)
    oauth.exchange(CODE, frozenset(), NOW)
    oauth.refresh(REFRESH, NOW)
    oauth.revoke(TOKEN, NOW)

    lines = [record.getMessage() for record in caplog.records]
    assert lines
    assert not [secret for secret in HIDDEN if any(secret in line for line in lines)]

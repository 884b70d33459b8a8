"""No call holds its caller longer than its deadline, wherever the other side is slow."""

import socket
import time
from collections.abc import Callable

import pytest

from service.errors import StravaUnavailable
from service.strava.client import StravaClient
from service.strava.deadline import Deadline
from service.strava.exchange import Bounds
from service.strava.oauth import OAuth
from service.strava.subscription import Subscriptions
from tests.strava.conftest import NOW, REFRESH, SECRET, SLOW, TOKEN
from tests.strava.scripted import DRIPS, Script, Scripted

LONG_S = 10.0
"""A drip goes on for 20 s, the deadline is a fifth of a second; the rest is patience with a busy machine."""


@pytest.fixture
def subscriptions(scripted: Scripted, bounds: Bounds) -> Subscriptions:
    return Subscriptions("4711", SECRET, api_base=scripted.url, bounds=bounds)


@pytest.fixture(params=["data", "token", "subscription"])
def call(
    request: pytest.FixtureRequest, strava: StravaClient, oauth: OAuth, subscriptions: Subscriptions
) -> Callable[[], object]:
    """One call by each of the three ways to Strava."""
    calls: dict[str, Callable[[], object]] = {
        "data": lambda: strava.activity(TOKEN, 1),
        "token": lambda: oauth.refresh(REFRESH, NOW),
        "subscription": lambda: subscriptions.create("https://legs.example/x", "verify", NOW),
    }
    return calls[request.param]


@SLOW
@pytest.mark.parametrize("script", DRIPS.values(), ids=DRIPS.keys())
def test_a_drip_ends_at_the_deadline(call: Callable[[], object], scripted: Scripted, script: Script) -> None:
    """In the status line, the headers or the body, also where what came would do for an answer."""
    scripted.play(script)
    began = time.monotonic()
    with pytest.raises(StravaUnavailable):
        call()
    assert time.monotonic() - began < LONG_S


def test_a_deadline_that_was_kept_leaves_the_connection_alone() -> None:
    """Connections are used again; a timer that outlived its call would cut a stranger's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with Deadline(0.05) as deadline:
            deadline.watch(ours)
        time.sleep(0.3)
        ours.sendall(b"still here")
        assert theirs.recv(100) == b"still here"
    assert not deadline.passed


def test_a_socket_that_is_shown_too_late_is_shut_at_once() -> None:
    """The time may be up while the connection is being made."""
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(0) as deadline:
        waited = time.monotonic() + 60
        while not deadline.passed and time.monotonic() < waited:
            time.sleep(0.01)
        deadline.watch(ours)
        theirs.settimeout(60)
        assert theirs.recv(1) == b""


def test_the_longest_call_holds_a_worker_less_than_half_a_minute() -> None:
    """Of the bounds that the service runs with."""
    from service.strava import oauth as renewal
    from service.strava import subscription

    assert max(bounds.whole for bounds in (Bounds(), renewal.BOUNDS, subscription.BOUNDS)) < 30

"""The stand-in's events and subscriptions against the recorded ones and Strava's documentation of them."""

import json
import threading
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

with warnings.catch_warnings():
    from stravalib.model import Subscription, SubscriptionUpdate

from tests.strava_standin.control import CLIENT_ID, CLIENT_SECRET, Standin

STRAVA = Path(__file__).parents[3] / "shared/data/strava_api"
OWN = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
MOVING = {"date", "content-length", "connection"}


class Callback:
    """A receiver of events that shakes hands and remembers what it was sent."""

    def __init__(self) -> None:
        self.handshakes: list[dict[str, str]] = []
        self.events: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                outer.handshakes.append(query)
                self._say(json.dumps({"hub.challenge": query["hub.challenge"]}).encode())

            def do_POST(self) -> None:
                outer.events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self._say(b"")

            def _say(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"


@pytest.fixture
def callback() -> Iterator[Callback]:
    made = Callback()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture(scope="module")
def recorded() -> dict[str, dict[str, Any]]:
    file = STRAVA / "recorded_responses.json"
    if not file.exists():
        pytest.skip("the recorded Strava answers are not beside this repository")
    return {each["cassette"].rsplit("/", 1)[-1]: each for each in json.loads(file.read_text())}


@pytest.fixture(scope="module")
def documented() -> dict[str, Any]:
    file = STRAVA / "webhooks.json"
    if not file.exists():
        pytest.skip("Strava's documented events are not beside this repository")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def subscribe(standin: Standin, callback: Callback) -> httpx.Response:
    form = OWN | {"callback_url": callback.url, "verify_token": "a verify token"}
    return httpx.post(f"{standin.api_base}/push_subscriptions", data=form)


def types(value: dict[str, Any]) -> dict[str, type]:
    return {key: type(item) for key, item in value.items()}


def as_recorded(answer: httpx.Response, was: dict[str, Any]) -> None:
    """Status, header names, and those header values that are forms."""
    assert answer.status_code == was["status"]
    assert {name.lower() for name in answer.headers} - MOVING == set(was["headers"]) - MOVING
    for name in ("content-type", "cache-control", "x-ratelimit-usage"):
        assert answer.headers[name] == was["headers"][name]


def test_a_subscription_lives_as_recorded(
    standin: Standin, callback: Callback, recorded: dict[str, Any]
) -> None:
    """None, made, listed, ended: status, headers and fields of each."""
    path = f"{standin.api_base}/push_subscriptions"
    none = httpx.get(path, params=OWN)
    as_recorded(none, recorded["no_push_subscriptions"])
    assert none.json() == recorded["no_push_subscriptions"]["body"] == []
    made = subscribe(standin, callback)
    as_recorded(made, recorded["create_push_subscription"])
    assert types(made.json()) == types(recorded["create_push_subscription"]["body"])
    assert made.json()["application_id"] == int(CLIENT_ID)
    assert Subscription.model_validate(made.json()).callback_url == callback.url
    listed = httpx.get(path, params=OWN)
    as_recorded(listed, recorded["push_subscriptions"])
    assert listed.json() == [made.json()]
    ended = httpx.delete(f"{path}/{made.json()['id']}", params=OWN)
    as_recorded(ended, recorded["delete_push_subscription"])
    assert ended.content == b""


def test_the_handshake_is_the_documented_one(
    standin: Standin, callback: Callback, documented: dict[str, Any]
) -> None:
    """Three fields, and our own verify token."""
    assert subscribe(standin, callback).status_code == 201
    assert len(callback.handshakes) == 1
    assert callback.handshakes[0].keys() == documented["callback_validation_query"].keys()
    assert callback.handshakes[0]["hub.mode"] == "subscribe"
    assert callback.handshakes[0]["hub.verify_token"] == "a verify token"


def test_events_have_the_documented_form(
    standin: Standin, callback: Callback, documented: dict[str, Any]
) -> None:
    """Created, renamed, retyped, hidden, deleted, withdrawn: same fields and types; updates are strings."""
    standin.grant(7000001)
    subscribe(standin, callback)
    activity = standin.insert(7000001)["id"]
    standin.edit(activity, name="Messy")
    standin.edit(activity, sport_type="TrailRun")
    standin.hide(activity)
    standin.delete(activity)
    standin.revoke(7000001)
    assert standin.deliver() == {"done": 6}
    told = sorted(callback.events, key=lambda event: (event["object_type"], event["aspect_type"]))
    assert {event["subscription_id"] for event in told} == {131300}
    example = documented["event_update_title"]
    for event in told:
        assert types(event) == types(example)
        assert all(isinstance(value, str) for value in event["updates"].values())
        SubscriptionUpdate.model_validate(event)
    kinds = [(event["object_type"], event["aspect_type"], event["updates"]) for event in told]
    assert ("activity", "update", {"title": "Messy"}) in kinds
    assert ("activity", "update", {"type": "TrailRun"}) in kinds
    assert ("activity", "update", {"private": "true"}) in kinds
    assert ("activity", "create", {}) in kinds
    assert ("activity", "delete", {}) in kinds
    assert ("athlete", "update", {"authorized": "false"}) in kinds


def test_an_edit_that_strava_does_not_announce_is_not_announced(standin: Standin, callback: Callback) -> None:
    """Distance, heart rate, effort: no event at all."""
    standin.grant(7000001)
    subscribe(standin, callback)
    standin.edit(standin.activities(7000001)[0]["id"], distance=1.0, average_heartrate=99.0)
    assert standin.deliver() == {}
    assert callback.events == []


def test_an_event_may_be_as_large_as_one_likes(standin: Standin, callback: Callback) -> None:
    """A forged one of a megabyte arrives as it is; its time is measured."""
    subscribe(standin, callback)
    standin.deliver({"object_type": "activity", "updates": {"title": "x" * 1_000_000}})
    assert len(callback.events[0]["updates"]["title"]) == 1_000_000
    (delivery,) = standin.deliveries()
    assert (delivery["status"], delivery["state"]) == (200, "done")
    assert 0 < delivery["seconds"] < 2


def test_streams_are_empty_at_first_if_told_so(standin: Standin) -> None:
    """As in production: the create event comes before its streams."""
    standin.reset(athletes=["steady"], now="2026-03-01T00:00:00Z")
    standin.mishaps(streams_empty_s=900)
    newest = next(row for row in standin.activities(7000001) if not row["manual"])
    standin.set_now("2026-03-03T20:00:00Z")
    headers = {"Authorization": f"Bearer {standin.grant(7000001)['access_token']}"}
    path = f"{standin.api_base}/activities/{newest['id']}/streams?keys=time&key_by_type=true"
    assert httpx.get(path, headers=headers).json()["time"]["data"]
    standin.mishaps(streams_empty_s=30 * 86_400)
    assert httpx.get(path, headers=headers).json() == {}

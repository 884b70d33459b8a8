"""The dead man's ping: heard while the clock is alive, and not a moment longer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import SecretStr

from service.jobs.clock import TICKS
from service.jobs.ping import ping
from service.store.vitals import SILENT_AFTER
from tests.apps import NOBODY


class Listener(HTTPServer):
    """Hears pings, and answers as it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/a-secret-path"


class Answering(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silence."""


@contextmanager
def listening() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as opened:
        yield opened


def pinging(app, url):
    return replace(app, settings=app.settings.model_copy(update={"ping_url": SecretStr(url)}))


def test_it_is_heard_while_every_tick_is_alive(app, listener):
    """One call a tick."""
    with app.store.transaction() as tx:
        tx.heartbeats.beat("clock:due_syncs", app.now())
    ping(pinging(app, listener.url))
    assert listener.heard == ["/a-secret-path"]


def test_it_is_withheld_when_a_tick_is_dead(app, listener, events):
    """Half a clock must not sound like a whole one."""
    with app.store.transaction() as tx:
        tx.heartbeats.beat("clock:due_syncs", app.now())
        tx.heartbeats.beat("clock:due_nights", app.now() - SILENT_AFTER - timedelta(seconds=1))
    ping(pinging(app, listener.url))
    assert listener.heard == []
    assert [event["event"] for event in events] == ["ping_withheld"]


def test_it_stops_within_three_minutes_of_a_dead_tick(app, listener):
    """The other ticks go on, and with them this one; a clock that is dead as a whole pings no more anyway."""
    began, heard_at = app.now(), []
    for seconds in range(0, 600, 20):
        now = began + timedelta(seconds=seconds)
        with app.store.transaction() as tx:
            tx.heartbeats.beat("clock:due_nights", min(now, began))
            tx.heartbeats.beat("clock:due_syncs", now)
        before = len(listener.heard)
        ping(replace(pinging(app, listener.url), now=lambda now=now: now))
        heard_at += [seconds] * (len(listener.heard) - before)
    assert heard_at == list(range(0, 181, 20))
    assert "ping" in TICKS


def test_without_an_address_nobody_is_asked(app, events):
    """The default."""
    ping(app)
    assert events == []


def test_an_address_that_does_not_answer_is_logged_and_not_told(app, listener, events):
    """The tick goes on; the address is a secret."""
    ping(pinging(app, NOBODY))
    listener.status = 500
    ping(pinging(app, listener.url))
    assert [event["event"] for event in events] == ["ping_failed"] * 2
    assert "a-secret-path" not in str(events)

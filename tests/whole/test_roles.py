"""The roles of one process: they start together, stop together, and none is missed in silence."""

import os
import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial

import pytest
import structlog

from service import roles
from service.errors import RoleFailed, SettingsError
from service.jobs.clock import TICKS
from service.jobs.queue import Queue
from service.roles import Running, serve
from service.settings import Settings
from tests.apps import an_app
from tests.demo.season import free_port
from tests.demo.simulated import SimulatedClock
from tests.whole.commands import STRAVA, wait_until


@pytest.fixture(autouse=True)
def told(monkeypatch, tmp_path):
    """Serving takes over signals and logging."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in STRAVA.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with structlog.testing.capture_logs() as events:
        yield events
    for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def opening(store, database_url, clock):
    """Wires an application on this test's database; the web listens on ``WEB_PORT``."""

    def wire(settings, *, migrating):
        queue = Queue.open(database_url)
        given = {name: getattr(settings, name) for name in ("web_port", "clock_period_s")}
        return an_app(store, dsn=database_url, now=clock.now, queue=queue, **given)

    return wire


@pytest.fixture
def clock():

    return SimulatedClock(datetime(2026, 3, 1, 6, 0, tzinfo=UTC))


def end_once_started(told):
    """SIGTERM as soon as the log says that the roles run; before, it would meet the start."""

    def wait_and_end():
        wait_until(lambda: any(event["event"] == "started" for event in told))
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_and_end, daemon=True).start()


def test_all_roles_in_one_process_until_a_signal(opening, store, monkeypatch, told):
    """A supervisor's SIGTERM ends all of them in order."""
    monkeypatch.setenv("WEB_PORT", str(free_port()))
    end_once_started(told)
    serve(["web", "clock", "worker"], opening=opening)
    with store.transaction() as tx:
        assert {beat.name for beat in tx.heartbeats.all()} == {f"clock:{name}" for name in TICKS}
    assert not {thread.name for thread in threading.enumerate()} & {"web", "worker"}


def test_a_signal_while_it_starts_ends_it_in_order():
    """Nothing is at work yet, but a database may be half up: whoever opened it closes it."""
    closed = []

    @contextmanager
    def slow(settings, *, migrating):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            yield pytest.fail("it went on")
        finally:
            closed.append(migrating)

    with pytest.raises(SystemExit, match="0"):
        serve(["web", "worker"], opening=slow)
    assert closed == [True]


def test_a_signal_lost_while_it_starts_ends_it_all_the_same(opening):
    """Python ignores what is raised in a finalizer: without a note of it the service would run on."""
    again = threading.Timer(60, os.kill, [os.getpid(), signal.SIGTERM])

    @contextmanager
    def slow(settings, *, migrating):
        with suppress(SystemExit):  # as a finalizer does
            os.kill(os.getpid(), signal.SIGTERM)
            pytest.fail("it went on")
        again.start()
        with opening(settings, migrating=migrating) as app:
            yield app

    serve(["worker"], opening=slow)
    waiting = again.is_alive()
    again.cancel()
    assert waiting, "it took a second signal"


def test_a_signal_that_reaches_another_thread_ends_it(opening, told):
    """A process's signal may be given to any of its threads, and only the first runs Python's handler."""
    again = threading.Timer(60, os.kill, [os.getpid(), signal.SIGTERM])

    def signal_itself():
        wait_until(lambda: any(event["event"] == "started" for event in told))
        time.sleep(0.5)  # by now the first thread waits
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    threading.Thread(target=signal_itself, daemon=True).start()
    again.start()
    serve(["worker"], opening=opening)
    waiting = again.is_alive()
    again.cancel()
    assert waiting, "it took a second signal"


@pytest.mark.parametrize("role", ["worker", "clock"])
def test_work_that_outlasts_the_stop_does_not_hold_the_process(opening, monkeypatch, told, role):
    """Python waits for every thread; a supervisor does not. The row of a job or a tick is due again."""
    done, ended = threading.Event(), []
    monkeypatch.setattr(roles, f"run_{role}", lambda app, stop: done.wait(120))
    monkeypatch.setattr(roles, "STOP_WITHIN_S", 0.05)
    monkeypatch.setattr(roles.os, "_exit", ended.append)
    end_once_started(told)
    serve([role], opening=opening)
    done.set()
    assert ended == [0]


def test_a_web_that_cannot_listen_ends_the_process(opening, monkeypatch):
    """Half a service would look alive."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("WEB_PORT", str(taken.getsockname()[1]))
        with pytest.raises(RoleFailed, match="web ended"):
            serve(["web"], opening=opening)


@pytest.mark.parametrize(
    "run",
    [
        partial(int, "no number"),  # an error nobody expected
        partial(exit, 3),  # somebody's library leaves
        lambda: None,  # it just returned
    ],
)
def test_a_role_that_ends_by_itself_is_a_failure(run):
    """It takes the others along."""
    stop = threading.Event()
    with Running(run, "worker", stop) as running:
        assert stop.wait(5)
    assert running.failed


def test_a_role_that_was_told_to_stop_is_none():
    stop = threading.Event()
    with Running(stop.wait, "worker", stop) as running:
        pass
    assert not running.failed


def test_without_an_application_nothing_is_opened(monkeypatch):
    """The settings are looked at first."""
    monkeypatch.delenv("STRAVA_APP_ID")
    with pytest.raises(SettingsError, match="STRAVA_APP_ID"):
        serve(["web"], opening=lambda *_, **__: pytest.fail("it was opened"))

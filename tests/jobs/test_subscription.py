"""The subscription: made with a real handshake, looked after, ended."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import uvicorn
from pydantic import SecretStr

from service.errors import InputError
from service.jobs.clock import due_events
from service.jobs.intake import Intake
from service.jobs.subscription import check, look_after, subscribe, unsubscribe
from service.pages import build_pages
from service.roles import Running
from service.settings import Settings
from tests.apps import connect
from tests.demo.season import free_port, wait_for_pages
from tests.strava_standin.control import Standin


@pytest.fixture
def served(live, strava):
    """The application with its pages on a port, so that Strava can call back."""
    base = f"http://127.0.0.1:{free_port()}"
    settings = Settings(
        _env_file=None,
        strava_app_id=Standin.client_id,
        strava_app_secret=Standin.client_secret,
        strava_api_base=strava.api_base,
        base_url=base,
    )
    app = replace(live, settings=settings)
    config = uvicorn.Config(build_pages(app), port=int(base.rpartition(":")[2]), log_config=None)
    server = uvicorn.Server(config)
    stop = threading.Event()

    def watch() -> None:
        stop.wait()
        server.should_exit = True

    def run() -> None:
        threading.Thread(target=watch, daemon=True).start()
        server.run()

    with Running(run, "web", stop):
        wait_for_pages(base)
        yield app


def state(app):
    with app.store.transaction() as tx:
        return tx.subscription.current(), tx.subscription.hearing(app.now())


def test_it_is_made_once_and_ended(served, strava):
    """Strava asks our page for the token while it is being made; a second time nothing has to be."""
    assert "131300 is made" in subscribe(served)
    assert "131300 is in place" in subscribe(served)
    assert "131300 is in place" in check(served)
    assert state(served) == (131300, True)
    assert "1 subscriptions ended" in unsubscribe(served)
    assert state(served) == (None, False)
    assert "webhook create" in check(served)


def test_one_of_another_path_is_replaced(served, strava):
    """After the secret was changed, say."""
    subscribe(served)
    moved = replace(
        served, settings=served.settings.model_copy(update={"webhook_secret": SecretStr("n" * 32)})
    )
    with pytest.raises(InputError, match="no subscription"):
        subscribe(moved)  # the pages still run under the old one
    assert "131301 is made" in subscribe(served)


def test_it_is_looked_after_once_a_day(served, strava, clock, events):
    """One that is gone is noticed, and lists are read every night again."""
    subscribe(served)
    due_events(served)
    assert served.queue.asked == []
    clock.move_to(clock.now() + timedelta(hours=24))
    due_events(served)
    due_events(served)
    assert served.queue.asked == [("subscription",)]
    look_after(served, [])
    assert state(served)[0] == 131300
    strava.reset(athletes=["steady"])
    look_after(served, [])
    assert state(served) == (None, False)
    assert "subscription_gone" in [event["event"] for event in events]


def test_strava_away_changes_nothing(app, events):
    """It is asked again tomorrow."""
    with app.store.transaction() as tx:
        tx.subscription.made(5, app.now())
    look_after(app, [])
    assert state(app) == (5, True)
    assert [event["event"] for event in events] == ["subscription_unchecked"]


def test_events_arrive_over_http(served, strava):
    """From the stand-in through the page into the inbox; the answer comes after the commit."""
    connect(served, strava, 7000001)
    subscribe(served)
    strava.insert(7000001)
    assert strava.deliver() == {"done": 1}
    with served.store.transaction() as tx:
        assert tx.inbox.counts() == {"waiting": 1}
    assert Intake(served).callback_url.startswith("http://127.0.0.1")

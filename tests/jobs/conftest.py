"""What the jobs' tests share: a clock moved by hand and applications on this test's own database."""

from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from service.app import App
from service.store.session import Store
from tests.apps import an_app
from tests.demo.simulated import SimulatedClock
from tests.strava_standin.control import Standin

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
"""Seven o'clock in Oslo, where the night of this date was due at 03:30 UTC."""


@pytest.fixture
def clock() -> SimulatedClock:
    """The service's clock."""
    return SimulatedClock(NOW)


@pytest.fixture(autouse=True)
def events() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the jobs log, instead of printing it."""
    with capture_logs() as captured:
        yield captured


@pytest.fixture
def app(store: Store, database_url: str, clock: SimulatedClock) -> Iterator[App]:
    """An application without Strava, with a queue and a mailer that remember."""
    with an_app(store, dsn=database_url, now=clock.now) as wired:
        yield wired


@pytest.fixture
def strava(standin: Standin) -> Standin:
    """Strava with one steady runner (7000001) and a month of runs."""
    standin.reset(now=NOW, athletes=["steady"], history_days=30, future_days=10)
    return standin


@pytest.fixture
def live(store: Store, database_url: str, clock: SimulatedClock, strava: Standin) -> Iterator[App]:
    """An application with Strava."""
    with an_app(store, dsn=database_url, now=clock.now, standin=strava) as wired:
        yield wired

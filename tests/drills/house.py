"""A database for one drill, and the pages on it, for drills that knock at every door."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from anyio.from_thread import start_blocking_portal
from structlog.testing import capture_logs

from service.store.session import Store
from tests.fixtures_postgres import store_apart
from tests.web.conftest import Site, site_on


@contextmanager
def open_room() -> Iterator[Store]:
    """An empty store on a Postgres of its own; what is logged meanwhile is not printed."""
    with store_apart() as (store, _dsn), capture_logs():
        yield store


@contextmanager
def open_house(**changes: Any) -> Iterator[Site]:
    """A site with nobody in it; ``changes`` are those of its ``WebDeps``."""
    with open_room() as store, start_blocking_portal() as portal:
        yield site_on([], portal, store=store, **changes)

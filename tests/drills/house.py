"""A database for one drill, and the pages on it, for drills that knock at every door."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal
from structlog.testing import capture_logs

from service.store.session import Store, open_store
from tests.fixtures_postgres import clone, cluster, keyring, template
from tests.web.conftest import Site, site_on


@contextmanager
def open_room() -> Iterator[Store]:
    """An empty store on a Postgres of its own; what is logged meanwhile is not printed."""
    with ExitStack() as stack:
        server = stack.enter_context(cluster(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        store = open_store(clone(server, template(server)), keyring())
        stack.callback(store.close)
        stack.enter_context(capture_logs())
        yield store


@contextmanager
def open_house(**changes: Any) -> Iterator[Site]:
    """A site with nobody in it; ``changes`` are those of its ``WebDeps``."""
    with open_room() as store, start_blocking_portal() as portal:
        yield site_on([], portal, store=store, **changes)

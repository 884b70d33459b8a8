"""The Strava stand-in for tests: one process a session, a fresh world a test."""

from collections.abc import Iterator

import pytest

from tests.strava_standin.control import Standin


@pytest.fixture(scope="session")
def standin_process() -> Iterator[Standin]:
    """The running program. Tests take ``standin``, which makes it new."""
    with Standin.start() as standin:
        yield standin


@pytest.fixture
def standin(standin_process: Standin) -> Standin:
    """A stand-in as just started: 2026-03-01, seed 7, one athlete of each kind, nothing in the ledger."""
    standin_process.reset()
    return standin_process

"""What the tests of this stage share: a misbehaving Strava and clients that talk to it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from service.strava.client import StravaClient
from service.strava.exchange import Bounds, Exchange
from service.strava.oauth import OAuth
from service.strava.quota import MemoryLedger
from tests.strava.scripted import Scripted

NOW = datetime(2026, 3, 1, 9, 7, 0, tzinfo=UTC)
PATIENT = Bounds(connect=60.0, read=60.0, whole=60.0, largest=100_000)
QUICK = Bounds(connect=60.0, read=0.1, whole=0.2, largest=100_000)
TOKEN = "canary-access-7f3a91"
REFRESH = "canary-refresh-55d0c2"
SECRET = "canary-secret-e81b47"
CODE = "canary-code-90ab12"
SLOW = pytest.mark.slow_answer
CANARIES = (TOKEN, REFRESH, SECRET, CODE)


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def bounds(request: pytest.FixtureRequest) -> Bounds:
    """No busy machine is slow enough to matter, but where a test is about slowness (mark ``slow_answer``)."""
    return QUICK if request.node.get_closest_marker("slow_answer") else PATIENT


@pytest.fixture
def strava(
    scripted: Scripted, ledger: MemoryLedger, exchanges: list[Exchange], bounds: Bounds
) -> Iterator[StravaClient]:
    """A client of the misbehaving Strava, at 09:07 UTC."""
    client = StravaClient(
        ledger, lambda: NOW, api_base=scripted.url + "/v3", bounds=bounds, observe=exchanges.append
    )
    yield client
    client.close()


@pytest.fixture
def oauth(
    scripted: Scripted, ledger: MemoryLedger, exchanges: list[Exchange], bounds: Bounds
) -> Iterator[OAuth]:
    """Consent and tokens at the misbehaving Strava."""
    server = OAuth(
        "4711",
        SECRET,
        "https://legs.example/connect/callback",
        ledger=ledger,
        oauth_base=scripted.url,
        bounds=bounds,
        observe=exchanges.append,
    )
    yield server
    server.close()

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
QUICK = Bounds(connect=0.5, read=0.15, whole=0.3, largest=100_000)
TOKEN = "canary-access-7f3a91"
REFRESH = "canary-refresh-55d0c2"
SECRET = "canary-secret-e81b47"
CODE = "canary-code-90ab12"
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
def strava(scripted: Scripted, ledger: MemoryLedger, exchanges: list[Exchange]) -> Iterator[StravaClient]:
    """A client of the misbehaving Strava, at 09:07 UTC."""
    client = StravaClient(
        ledger, lambda: NOW, api_base=scripted.url + "/v3", bounds=QUICK, observe=exchanges.append
    )
    yield client
    client.close()


@pytest.fixture
def oauth(scripted: Scripted, ledger: MemoryLedger, exchanges: list[Exchange]) -> Iterator[OAuth]:
    """Consent and tokens at the misbehaving Strava."""
    server = OAuth(
        "4711",
        SECRET,
        "https://legs.example/connect/callback",
        ledger=ledger,
        oauth_base=scripted.url,
        bounds=QUICK,
        observe=exchanges.append,
    )
    yield server
    server.close()

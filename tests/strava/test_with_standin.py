"""The whole stage against the stand-in: consent, pages, quota, renewal and the end, on its clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from service.domain.grant import Grant
from service.errors import AppInactive, Gone, QuotaExhausted, ScopeMissing, TokenDead
from service.strava.client import StravaClient
from service.strava.oauth import OAuth, Problem, parse_callback
from service.strava.quota import MemoryLedger, Pair
from tests.strava_standin.control import Standin

CALLBACK = "http://127.0.0.1:8000/connect/callback"
RECORDED = Path(__file__).parents[3] / "shared/data/strava_api/athlete_activities_pages.jsonl.gz"
ALL_SCOPES = frozenset({"read", "activity:read", "activity:read_all", "profile:read_all"})


@pytest.fixture
def world(standin: Standin) -> Standin:
    """One steady runner, at 2026-03-01 00:00 UTC."""
    standin.reset(athletes=["steady"])
    return standin


@pytest.fixture
def reader(world: Standin, ledger: MemoryLedger) -> Iterator[StravaClient]:
    client = StravaClient(ledger, world.now, api_base=world.api_base)
    yield client
    client.close()


@contextmanager
def consent(world: Standin, ledger: MemoryLedger, secret: str = "") -> Iterator[OAuth]:
    oauth = OAuth(
        world.client_id, secret or world.client_secret, CALLBACK, ledger=ledger, oauth_base=world.url
    )
    yield oauth
    oauth.close()


@pytest.fixture
def server(world: Standin, ledger: MemoryLedger) -> Iterator[OAuth]:
    with consent(world, ledger) as oauth:
        yield oauth


def press(oauth: OAuth, **decision: object) -> dict[str, str]:
    """What the athlete does on Strava's page; returns the query of the redirect."""
    url = httpx.URL(oauth.authorize_url("the-state"))
    answer = httpx.post(url, data=decision, trust_env=False)
    assert answer.headers["location"].startswith(CALLBACK)
    return dict(httpx.URL(answer.headers["location"]).params)


def granted(world: Standin, oauth: OAuth, *scopes: str) -> Grant:
    given = world.code(world.athletes()[0]["id"], scopes or tuple(ALL_SCOPES))
    callback = parse_callback({"state": "s", **given})
    assert callback.code is not None
    return oauth.exchange(callback.code, callback.scopes, world.now())


def sent(world: Standin) -> list[tuple[str, int]]:
    return [(entry["path"].removeprefix("/api/v3"), entry["status"]) for entry in world.ledger()]


def test_consent_leads_to_the_newest_runs_in_one_counted_call(
    world: Standin, server: OAuth, reader: StravaClient, ledger: MemoryLedger
) -> None:
    """From the button to the data of the first verdict."""
    callback = parse_callback(press(server, decision="approve"))
    assert (callback.state, callback.problem) == ("the-state", None)
    assert callback.code is not None
    grant = server.exchange(callback.code, callback.scopes, world.now())

    pages = list(reader.activities(grant.tokens.access_token, max_pages=1))

    athlete = world.athletes()[0]["id"]
    assert (athlete, ALL_SCOPES) == (grant.strava_id, grant.scopes)
    assert world.now() + timedelta(hours=6) == grant.tokens.expires_at
    newest = [row["id"] for row in world.activities(athlete)[:200]]
    assert [newest] == [[row["id"] for row in page.rows] for page in pages]
    assert world.totals()["counted"] == 1
    assert Pair(1, 1) == ledger.used


def test_un_ticked_scopes_are_seen_on_the_redirect(world: Standin, server: OAuth) -> None:
    """The athlete keeps private runs and zones for themselves."""
    callback = parse_callback(press(server, decision="approve", granted=["read"]))

    assert frozenset({"read"}) == callback.scopes


def test_a_refusal_is_told_plainly(world: Standin, server: OAuth) -> None:
    """No code, no call."""
    callback = parse_callback(press(server, decision="refuse"))

    assert (callback.problem, callback.code) == (Problem.REFUSED, None)


def test_a_code_works_once(world: Standin, server: OAuth) -> None:
    """A second exchange of the same code finds it void."""
    code = world.code(world.athletes()[0]["id"])["code"]
    server.exchange(code, ALL_SCOPES, world.now())

    with pytest.raises(TokenDead, match=r"requesttoken\.code\.invalid"):
        server.exchange(code, ALL_SCOPES, world.now())


def test_a_wrong_secret_is_our_mistake_and_no_dead_grant(world: Standin, ledger: MemoryLedger) -> None:
    """Otherwise a slip in the settings would send every athlete to connect again."""
    with consent(world, ledger, secret="wrong") as mistaken:
        with pytest.raises(AppInactive, match="client id and secret"):
            mistaken.refresh("any", world.now())
        with pytest.raises(AppInactive):
            mistaken.revoke("any", world.now())


def test_a_renewal_rotates_in_the_last_hour_only(world: Standin, server: OAuth) -> None:
    """Before, the same token comes back; after, the old refresh token is dead at once."""
    first = granted(world, server).tokens
    assert first.fresh(world.now())
    assert first == server.refresh(first.refresh_token, world.now())

    world.advance(5 * 3600)
    assert not first.fresh(world.now())
    second = server.refresh(first.refresh_token, world.now())
    assert second.refresh_token != first.refresh_token
    assert second.fresh(world.now())

    with pytest.raises(TokenDead, match=r"refreshtoken\.refresh_token\.invalid"):
        server.refresh(first.refresh_token, world.now())
    assert world.counters()["refresh_reuse"] == 1
    assert world.totals()["counted"] == 0


def test_an_expired_token_is_dead_for_data(world: Standin, server: OAuth, reader: StravaClient) -> None:
    """401, first meaning."""
    grant = granted(world, server)
    world.advance(6 * 3600)

    with pytest.raises(TokenDead):
        reader.athlete(grant.tokens.access_token)


def test_a_missing_scope_is_no_dead_token(world: Standin, server: OAuth, reader: StravaClient) -> None:
    """401, second meaning, for lists and for zones."""
    token = granted(world, server, "read").tokens.access_token

    with pytest.raises(ScopeMissing):
        list(reader.activities(token))
    with pytest.raises(ScopeMissing):
        reader.zones(token)
    assert "id" in reader.athlete(token)


def test_a_revoked_grant_is_over(world: Standin, server: OAuth, reader: StravaClient) -> None:
    """Access and refresh token die together; revoking again is no error; both are counted."""
    tokens = granted(world, server).tokens
    server.revoke(tokens.access_token, world.now())

    with pytest.raises(TokenDead):
        reader.athlete(tokens.access_token)
    with pytest.raises(TokenDead):
        server.refresh(tokens.refresh_token, world.now())
    server.revoke(tokens.refresh_token, world.now())
    assert world.totals()["counted"] == 2


def test_detail_brings_what_the_list_does_not(world: Standin, server: OAuth, reader: StravaClient) -> None:
    """Splits, laps, perceived exertion; zones and athlete beside it."""
    token = granted(world, server).tokens.access_token
    run = next(row for row in world.activities(world.athletes()[0]["id"]) if row["sport_type"] == "Run")

    detail = reader.activity(token, run["id"])
    assert run["id"] == detail["id"]
    assert {"splits_metric", "laps", "perceived_exertion"} <= set(detail)
    assert reader.zones(token)["heart_rate"]["zones"]
    assert world.athletes()[0]["id"] == reader.athlete(token)["id"]


def test_a_deleted_activity_is_gone(world: Standin, server: OAuth, reader: StravaClient) -> None:
    """Between list and detail."""
    token = granted(world, server).tokens.access_token
    newest = world.activities(world.athletes()[0]["id"])[0]["id"]
    world.delete(newest)

    with pytest.raises(Gone):
        reader.activity(token, newest)


def test_short_pages_lose_nothing(world: Standin, ledger: MemoryLedger) -> None:
    """Every row, whatever each page is short of."""
    world.reset(athletes=["steady"], short_pages=[0, 1, 37])
    athlete = world.athletes()[0]["id"]
    expected = {row["id"] for row in world.activities(athlete)}
    reader = StravaClient(ledger, world.now, api_base=world.api_base)
    with consent(world, ledger) as server:
        token = granted(world, server).tokens.access_token
    pages = list(reader.activities(token, per_page=50))
    reader.close()

    seen = [row["id"] for page in pages for row in page.rows]
    assert sorted(expected) == sorted(seen)
    assert min(page.listed for page in pages[:-1]) < 50


def test_a_window_is_bounded_on_both_sides(world: Standin, server: OAuth, reader: StravaClient) -> None:
    """The nightly list: what started in the last fortnight, newest first."""
    token = granted(world, server).tokens.access_token
    since = world.now() - timedelta(days=14)
    starts = [
        datetime.fromisoformat(row["start_date"])
        for page in reader.activities(token, after=since)
        for row in page.rows
    ]
    everything = [
        datetime.fromisoformat(row["start_date"]) for row in world.activities(world.athletes()[0]["id"])
    ]

    assert [start for start in everything if start >= since] == starts
    assert starts


def test_limits_are_learned_before_they_are_hit(world: Standin, server: OAuth, reader: StravaClient) -> None:
    """Our ledger thinks of 100 a quarter hour, Strava allows 3: no 429, and the window's opening is known."""
    world.limits(read_limit=(3, 1000))
    world.set_now("2026-03-01T09:14:30Z")
    token = granted(world, server).tokens.access_token
    for _ in range(3):
        reader.athlete(token)

    with pytest.raises(QuotaExhausted) as caught:
        reader.athlete(token)
    assert datetime(2026, 3, 1, 9, 15, 2, tzinfo=UTC) == caught.value.opens_at

    world.set_now(caught.value.opens_at)
    reader.athlete(token)
    assert [path for path, _ in sent(world)].count("/athlete") == 4
    assert "too_many" not in world.counters()


def test_limits_that_shrink_cost_one_429_and_then_silence(
    world: Standin, server: OAuth, reader: StravaClient
) -> None:
    """Strava may change them in mid-window; the refused call is the only one."""
    world.set_now("2026-03-01T09:14:30Z")
    token = granted(world, server).tokens.access_token
    reader.athlete(token)
    world.limits(read_limit=(1, 1000))

    for _ in range(4):
        with pytest.raises(QuotaExhausted):
            reader.athlete(token)
    assert world.counters()["too_many"] == 1


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded list pages (../shared/data) are not here")
def test_a_real_history_comes_through_whole(world: Standin, ledger: MemoryLedger) -> None:
    """1,132 recorded activities of one runner, none lost, none twice, in seven calls."""
    world.reset(athletes=[], recordings=[str(RECORDED)])
    reader = StravaClient(ledger, world.now, api_base=world.api_base)
    with consent(world, ledger) as server:
        token = granted(world, server).tokens.access_token
    seen = [row["id"] for page in reader.activities(token) for row in page.rows]
    reader.close()

    assert 1132 == len(seen) == len(set(seen))
    assert world.totals()["counted"] == 7

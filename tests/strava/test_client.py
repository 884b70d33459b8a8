"""Reading over real HTTP from a Strava that behaves, and from one that does not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.errors import Gone, QuotaExhausted, ScopeMissing, StravaError, StravaUnavailable, TokenDead
from service.strava.client import StravaClient
from service.strava.exchange import Exchange
from service.strava.quota import Limits, MemoryLedger, Pair
from tests.strava.conftest import NOW, SLOW, TOKEN
from tests.strava.scripted import (
    Asked,
    Script,
    Scripted,
    answer,
    chunks_cut_short,
    drip,
    in_small_chunks,
    raw_answer,
    reset,
    reset_mid_body,
    silence,
)


def rows(*ids: int) -> list[dict[str, Any]]:
    return [{"id": number} for number in ids]


def ids(strava: StravaClient, **kwargs: Any) -> list[list[int]]:
    return [[row["id"] for row in page.rows] for page in strava.activities(TOKEN, **kwargs)]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda strava: strava.activity(TOKEN, "123"), "/v3/activities/123"),  # detail
        (lambda strava: strava.athlete(TOKEN), "/v3/athlete"),  # the athlete
        (lambda strava: strava.zones(TOKEN), "/v3/athlete/zones"),  # heart-rate zones
    ],
)
def test_single_things_come_back_raw(strava: StravaClient, scripted: Scripted, call: Any, path: str) -> None:
    """Unknown fields and fractions survive: stravalib's own models would drop or refuse them."""
    body = {"id": 1, "average_temp": 12.5, "sport_type": "Skijoring", "new_field": [1]}
    scripted.play(answer(body=body))

    assert body == call(strava)
    asked = scripted.asked[0]
    assert (path, f"Bearer {TOKEN}") == (asked.path, asked.headers["authorization"])
    assert TOKEN not in str(asked.query)


def test_detail_is_asked_for_without_segment_efforts(strava: StravaClient, scripted: Scripted) -> None:
    """A third of a marathon's detail would be thrown away."""
    scripted.play(answer(body={}))
    strava.activity(TOKEN, 5)

    assert scripted.asked[0].query == {"include_all_efforts": "false"}


@pytest.mark.parametrize(
    "script",
    [
        reset,  # connection reset before an answer
        reset_mid_body,  # and in the middle of one
        pytest.param(silence, marks=SLOW),  # the first byte does not come
        pytest.param(drip, marks=SLOW),  # each byte comes in time, the whole does not
        chunks_cut_short,  # a chunked body without its end
        answer(200, '[{"id": 1}', length=5000),  # shorter than promised
        answer(200, '[{"id": 1}, {"i'),  # JSON cut off
        answer(200, "<!DOCTYPE html><title>Strava</title>"),  # HTML that calls itself JSON
        answer(200, ""),  # nothing at all
        answer(200, {"message": "error", "errors": []}),  # a fault under a 200
        answer(200, "[" * 50_000),  # nested beyond any parser
        answer(200, "[" + "9" * 5_000 + "]"),  # a number no parser takes
        answer(200, '"a string"'),  # JSON, but no list
        raw_answer(200, b"\x1f\x8b\x08\x00garbage", {"Content-Encoding": "gzip"}),  # broken gzip
        raw_answer(200, b"[\xff\xfe]"),  # not UTF-8
        answer(204),  # no content where there must be some
        answer(302, "", {"Location": "http://elsewhere.example/"}),  # a redirect is not followed
        answer(500, {"message": "error"}),  # trouble at their end
        answer(503, "<html>maintenance</html>"),  # announced trouble
    ],
)
def test_no_usable_answer_is_one_error(strava: StravaClient, scripted: Scripted, script: Script) -> None:
    """Whatever goes wrong on the way: try again later, after one request and no wait."""
    scripted.play(script)

    with pytest.raises(StravaUnavailable) as caught:
        ids(strava)
    assert caught.value.again
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("size", [1, 7, 100_000])  # a byte each, some, all at once
def test_a_compressed_answer_in_chunks_is_read_whole(
    strava: StravaClient, scripted: Scripted, size: int
) -> None:
    """As Strava sends them; a chunk may decompress to nothing without being the end."""
    scripted.play(in_small_chunks(rows(*range(50)), size), answer(body=[]))

    assert [list(range(50))] == ids(strava)


def test_a_closed_door_is_unavailability(ledger: MemoryLedger) -> None:
    """Nobody listens."""
    strava = StravaClient(ledger, lambda: NOW, api_base="http://127.0.0.1:9")

    with pytest.raises(StravaUnavailable, match="ConnectionError"):
        strava.athlete(TOKEN)


def test_a_list_where_an_object_belongs_is_no_answer(strava: StravaClient, scripted: Scripted) -> None:
    """The shape is checked before anybody builds on it."""
    scripted.play(answer(body=[]))

    with pytest.raises(StravaUnavailable, match="not an object"):
        strava.athlete(TOKEN)


def test_an_answer_without_end_is_given_up(strava: StravaClient, scripted: Scripted) -> None:
    """It must not fill the memory."""
    scripted.play(answer(body=rows(*range(20_000))))

    with pytest.raises(StravaUnavailable, match="ContentDecodingError"):
        ids(strava)


@pytest.mark.parametrize(
    ("expected", "script"),
    [
        (Gone, answer(404)),  # deleted between list and detail, the body empty as recorded
        (TokenDead, answer(401, {"errors": [{"resource": "Application", "field": "", "code": "invalid"}]})),
        (ScopeMissing, answer(401, {"errors": [{"field": "activity:read_permission", "code": "missing"}]})),
        (StravaError, answer(400, {"message": "Bad Request", "errors": []})),  # our own mistake
    ],
)
def test_refusals_keep_their_meaning_through_stravalib(
    strava: StravaClient, scripted: Scripted, expected: type[StravaError], script: Script
) -> None:
    """The table is in test_failure; here the way is tested."""
    scripted.play(script)

    with pytest.raises(StravaError) as caught:
        strava.activity(TOKEN, 5)
    assert expected is type(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Rate Limit Exceeded", "errors": [{"field": "overall rate limit", "code": "exceeded"}]},
        {"errors": "Rate Limit Exceeded", "status": 429, "message": "Too Many Requests"},  # 2018: a string
        "",  # nothing
    ],
)
def test_after_a_429_nothing_is_sent_before_the_window_opens(
    scripted: Scripted, ledger: MemoryLedger, body: object
) -> None:
    """stravalib would sleep inside the call and fail all the same."""
    now = NOW
    strava = StravaClient(ledger, lambda: now, api_base=scripted.url)
    scripted.play(answer(429, body), answer(body={"id": 1}))
    opens_at = datetime(2026, 3, 1, 9, 15, 2, tzinfo=UTC)

    for _ in range(3):
        with pytest.raises(QuotaExhausted) as caught:
            strava.athlete(TOKEN)
        assert opens_at == caught.value.opens_at
    assert len(scripted.asked) == 1

    now = opens_at
    assert strava.athlete(TOKEN) == {"id": 1}
    strava.close()


def test_the_last_call_of_a_window_returns_at_once(
    strava: StravaClient, scripted: Scripted, ledger: MemoryLedger
) -> None:
    """stravalib would sleep up to a day inside this successful call; the next one is refused unsent."""
    full = {"X-Ratelimit-Limit": "200,2000", "X-Ratelimit-Usage": "100,1000"}
    full |= {"X-Readratelimit-Limit": "100,1000", "X-Readratelimit-Usage": "100,1000"}
    scripted.play(answer(200, {"id": 1}, full))

    assert strava.athlete(TOKEN) == {"id": 1}
    with pytest.raises(QuotaExhausted) as caught:
        strava.athlete(TOKEN)
    assert datetime(2026, 3, 2, 0, 0, 2, tzinfo=UTC) == caught.value.opens_at
    assert len(scripted.asked) == 1


def test_calls_without_headers_are_counted_too(
    strava: StravaClient, scripted: Scripted, ledger: MemoryLedger
) -> None:
    """Streams carry none, and failures may bring no answer at all."""
    scripted.play(answer(body={}), reset, answer(200, {}, {"X-Readratelimit-Usage": ","}))
    strava.athlete(TOKEN)
    with pytest.raises(StravaUnavailable):
        strava.athlete(TOKEN)
    strava.athlete(TOKEN)

    assert Pair(3, 3) == ledger.used


def test_limits_are_learned_from_refusals_as_well(
    strava: StravaClient, scripted: Scripted, ledger: MemoryLedger
) -> None:
    """A 404 carries headers like any answer."""
    scripted.play(answer(404, "", {"x-ratelimit-limit": "400,4000", "X-READRATELIMIT-LIMIT": "200,2000"}))
    with pytest.raises(Gone):
        strava.activity(TOKEN, 5)

    assert Limits(Pair(400, 4000), Pair(200, 2000)) == ledger.limits


def test_each_exchange_is_seen_without_ids(
    strava: StravaClient, scripted: Scripted, exchanges: list[Exchange]
) -> None:
    """Metrics need few names; ids would make one for each activity."""
    scripted.play(answer(body={"id": 1}), reset)
    strava.activity(TOKEN, 123)
    with pytest.raises(StravaUnavailable):
        strava.zones(TOKEN)

    assert [(seen.call, seen.status, seen.size) for seen in exchanges] == [
        ("GET /activities/N", 200, 9),
        ("GET /athlete/zones", None, 0),
    ]
    assert all(0 <= seen.seconds < 1 for seen in exchanges)


def test_connections_are_kept_between_calls(scripted: Scripted, ledger: MemoryLedger) -> None:
    """Twenty details of one athlete need one handshake; the tokens of two athletes still do not mix."""
    connections = set()

    def by_connection(connection: Any, asked: Asked) -> None:
        connections.add(connection.getpeername())
        answer(body={})(connection, asked)

    scripted.play(by_connection)
    strava = StravaClient(ledger, lambda: NOW, api_base=scripted.url)
    for token in ("one", "two", "one"):
        strava.athlete(token)
    strava.close()

    assert [asked.headers["authorization"] for asked in scripted.asked] == [
        "Bearer one",
        "Bearer two",
        "Bearer one",
    ]
    assert len(connections) == 1


def test_cookies_are_neither_kept_nor_sent(strava: StravaClient, scripted: Scripted) -> None:
    """A cookie could tie one athlete's call to another's session."""
    scripted.play(answer(200, {}, {"Set-Cookie": "_strava4_session=abc; Path=/"}))
    strava.athlete(TOKEN)
    strava.athlete(TOKEN)

    assert "cookie" not in scripted.asked[1].headers


def test_the_environment_sends_nothing_elsewhere(
    strava: StravaClient, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy nor stravalib's own credentials in the environment change a call."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("STRAVA_CLIENT_ID", "4711")
    monkeypatch.setenv("STRAVA_CLIENT_SECRET", "other")
    scripted.play(answer(body={"id": 1}))

    assert strava.athlete(TOKEN) == {"id": 1}
    assert f"Bearer {TOKEN}" == scripted.asked[0].headers["authorization"]

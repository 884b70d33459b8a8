"""The walk through a list: until an empty page. stravalib's own iterator takes a short page for the end."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import stravalib

from service.errors import StravaUnavailable
from service.strava.client import StravaClient
from service.strava.transport import HOST, RoutedAdapter
from tests.strava.conftest import NOW, TOKEN
from tests.strava.scripted import Asked, Scripted, answer

SIZES = (200, 199, 200, 5)
"""604 activities; Strava left one out of the second page."""


def rows(*ids: int) -> list[dict[str, Any]]:
    return [{"id": number} for number in ids]


def ids(strava: StravaClient, **kwargs: Any) -> list[list[int]]:
    return [[row["id"] for row in page.rows] for page in strava.activities(TOKEN, **kwargs)]


def test_pages_are_asked_for_until_an_empty_one(strava: StravaClient, scripted: Scripted) -> None:
    """A short page is not the end: Strava may shorten any of them."""
    scripted.play(answer(body=rows(5, 4)), answer(body=rows(3)), answer(body=rows(2, 1)), answer(body=[]))

    assert ids(strava) == [[5, 4], [3], [2, 1]]
    assert [asked.query["page"] for asked in scripted.asked] == ["1", "2", "3", "4"]
    assert {"200"} == {asked.query["per_page"] for asked in scripted.asked}


def test_the_first_verdict_costs_one_call(strava: StravaClient, scripted: Scripted) -> None:
    """``max_pages=1`` sends nothing after the newest page."""
    scripted.play(answer(body=rows(2, 1)))

    assert ids(strava, max_pages=1) == [[2, 1]]
    assert len(scripted.asked) == 1
    assert {"page", "per_page"} == set(scripted.asked[0].query)


def test_a_caller_who_has_enough_stops_the_walk(strava: StravaClient, scripted: Scripted) -> None:
    """Pages are fetched as they are taken."""
    scripted.play(answer(body=rows(1)))
    next(strava.activities(TOKEN))

    assert len(scripted.asked) == 1


def test_a_shift_of_the_pages_gives_no_row_twice(strava: StravaClient, scripted: Scripted) -> None:
    """An activity uploaded in mid-walk pushes the last row of a page onto the next."""
    scripted.play(answer(body=rows(4, 3)), answer(body=rows(3, 2)), answer(body=[]))

    pages = list(strava.activities(TOKEN))
    assert [[row["id"] for row in page.rows] for page in pages] == [[4, 3], [2]]
    assert [(page.number, page.listed) for page in pages] == [(1, 2), (2, 2)]


def test_rows_nobody_can_know_again_are_handed_on(strava: StravaClient, scripted: Scripted) -> None:
    """Without an id, or no object at all: the mapping decides, and good rows beside them are kept."""
    scripted.play(answer(body=[{"name": "a"}, {"id": None}, 7, None, {"id": 1}]), answer(body=[]))

    assert [row for page in strava.activities(TOKEN) for row in page.rows] == [
        {"name": "a"},
        {"id": None},
        {},
        {},
        {"id": 1},
    ]


def test_a_list_that_repeats_itself_is_given_up(strava: StravaClient, scripted: Scripted) -> None:
    """A server that ignores the page number must not eat the day's quota."""
    scripted.play(answer(body=rows(1)))

    with pytest.raises(StravaUnavailable, match="repeats itself"):
        ids(strava)
    assert len(scripted.asked) == 4


def test_a_window_is_asked_for_with_both_ends(strava: StravaClient, scripted: Scripted) -> None:
    """``after`` alone may list the oldest first, so that page one would hold the wrong end."""
    scripted.play(answer(body=[]))
    ids(strava, after=NOW - timedelta(days=14))
    ids(strava, after=datetime(2026, 1, 1, tzinfo=UTC), before=datetime(2026, 1, 2, 0, 0, 0, 5, tzinfo=UTC))

    newest, fixed = (asked.query for asked in scripted.asked)
    epoch = int(NOW.timestamp())
    assert (epoch - 14 * 86400 - 1, epoch + 86400 + 1) == (int(newest["after"]), int(newest["before"]))
    assert (fixed["after"], fixed["before"]) == ("1767225599", "1767312002")


@pytest.fixture
def shortened(scripted: Scripted) -> Iterator[Scripted]:
    """A list whose second page is one short."""

    def page(connection: socket.socket, asked: Asked) -> None:
        number = int(asked.query["page"])
        size = SIZES[number - 1] if number <= len(SIZES) else 0
        first = number * 1000
        rows = [{"id": first + row, "name": "run", "sport_type": "Run"} for row in range(size)]
        answer(body=rows)(connection, asked)

    scripted.play(page)
    return scripted


def test_ours_brings_all_604(shortened: Scripted, strava: StravaClient) -> None:
    """Until an empty page: 4 pages and the probe."""
    seen = [row["id"] for page in strava.activities(TOKEN) for row in page.rows]

    assert 604 == len(seen) == len(set(seen))
    assert len(shortened.asked) == 5


def test_stravalibs_iterator_brings_399(shortened: Scripted) -> None:
    """If this fails, stravalib has mended it and its pager may be looked at again."""
    session = requests.Session()
    session.mount(HOST, RoutedAdapter(shortened.url))
    client = stravalib.Client(access_token=TOKEN, requests_session=session, rate_limit_requests=False)
    seen = list(client.get_activities(limit=1000))
    session.close()

    assert len(seen) == 399

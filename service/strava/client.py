"""Reading from Strava: raw rows, page by page, each call counted before it is sent."""

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import requests

from service.errors import StravaError
from service.strava.exchange import API_BASE, Answer, Bounds, Observer, unobserved
from service.strava.failure import failure, unreachable
from service.strava.loading import load_stravalib, open_protocol
from service.strava.quota import Ledger, Priority, answered, read_headers
from service.strava.transport import HOST, RoutedAdapter

PER_PAGE = 200
"""Strava's largest page."""
BARREN_PAGES = 3
"""Pages in a row that bring nothing new before a list is taken to repeat itself."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. ``rows`` are those not seen on an earlier page; ``listed`` counts them all."""

    number: int
    rows: tuple[Row, ...] = field(repr=False)
    listed: int


class StravaClient:
    """Strava's API for reading. One object serves all threads: each call has its own session.

    ``clock`` gives the aware UTC time by which quota windows are reckoned. All methods raise
    ``StravaError``s: ``QuotaExhausted`` before sending or after a 429, ``StravaUnavailable``,
    ``TokenDead``, ``ScopeMissing``, ``Gone``, ``AppInactive``. Nothing is tried twice here and
    nothing waits.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], datetime],
        *,
        api_base: str = API_BASE,
        bounds: Bounds | None = None,
        observe: Observer = unobserved,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._adapter = RoutedAdapter(api_base, bounds, observe)
        self._priority = Priority.EVENT

    def at(self, priority: Priority) -> Self:
        """The same client, whose calls are of this ``priority``."""
        other = copy.copy(self)
        other._priority = priority
        return other

    def close(self) -> None:
        """Let go of the open connections."""
        self._adapter.close()

    def activities(
        self,
        access_token: str,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        per_page: int = PER_PAGE,
        max_pages: int | None = None,
    ) -> Iterator[Page]:
        """The athlete's activities, newest first, that started between ``after`` and ``before``.

        Goes on until an empty page: Strava may shorten any page, so a short one is not the end. The
        list is whole if the iterator ends by itself and ``max_pages`` did not cut it. Ids met twice
        (a new activity shifts the pages) are given once.
        """
        if after is not None and before is None:
            before = self._clock() + timedelta(days=1)  # "after" alone may list the oldest first
        bounds = _bounds(after, before)
        seen: set[str] = set()
        number = barren = 0
        while max_pages is None or number < max_pages:
            number += 1
            query = {"page": number, "per_page": per_page} | bounds
            listed = self._list(access_token, "list activities", "/athlete/activities", query)
            if not listed:
                return
            page = Page(number, tuple(_unseen(listed, seen)), len(listed))
            barren = 0 if page.rows else barren + 1
            if barren == BARREN_PAGES:
                raise unreachable("list activities", "the list repeats itself")
            yield page

    def activity(self, access_token: str, activity_id: str | int) -> Row:
        """One activity in detail: splits, laps and perceived exertion. ``Gone`` if deleted or hidden."""
        path = f"/activities/{int(activity_id)}"
        return self._object(access_token, "read activity", path, {"include_all_efforts": "false"})

    def athlete(self, access_token: str) -> Row:
        """The athlete as Strava knows them; more of it with ``profile:read_all``."""
        return self._object(access_token, "read athlete", "/athlete", {})

    def zones(self, access_token: str) -> Row:
        """Heart-rate zones; needs ``profile:read_all``."""
        return self._object(access_token, "read zones", "/athlete/zones", {})

    def _list(self, token: str, call: str, path: str, query: Mapping[str, Any]) -> list[Row]:
        rows = self._get(token, call, path, query)
        if not isinstance(rows, list):
            raise unreachable(call, "not a list")
        return [row if isinstance(row, dict) else {} for row in rows]

    def _object(self, token: str, call: str, path: str, query: Mapping[str, Any]) -> Row:
        row = self._get(token, call, path, query)
        if not isinstance(row, dict):
            raise unreachable(call, "not an object")
        return row

    def _get(self, token: str, call: str, path: str, query: Mapping[str, Any]) -> object:
        """Count, send, learn. The error is raised outside of ``except``: what requests and stravalib
        raise can hold the token, so it must not hang on ours as context."""
        load_stravalib()  # first: it takes a second, and the clock is read for the moment of sending
        sent_at = self._clock()

        def learn(headers: Mapping[str, str]) -> None:
            self._ledger.learn(sent_at, read_headers(headers))

        protocol = open_protocol(token, self._session(), learn)
        checking = self._ledger.reserve(sent_at, self._priority)
        refused, answer = None, None
        try:
            answer = protocol.get(path, **query)
        except (requests.RequestException, ValueError, RecursionError) as error:
            refused = _refusal(error, call, sent_at)
        answered(self._ledger, sent_at, refused, checking=checking)
        if refused is not None:
            raise refused
        return answer

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # neither a proxy nor a .netrc may see or replace the token
        session.max_redirects = 0  # an API that sends elsewhere is not followed with the token in hand
        session.mount(HOST, self._adapter)
        return session


def _refusal(error: Exception, call: str, sent_at: datetime) -> StravaError:
    response = error.response if isinstance(error, requests.RequestException) else None
    if response is None:
        return unreachable(call, type(error).__name__)
    answer = Answer(response.status_code, dict(response.headers), response.content)
    return failure(answer, call, sent_at)


def _bounds(after: datetime | None, before: datetime | None) -> dict[str, int]:
    """Epoch seconds, widened to whole ones: Strava's bounds leave out the second they name."""
    bounds = {}
    if after is not None:
        bounds["after"] = math.floor(after.timestamp()) - 1
    if before is not None:
        bounds["before"] = math.ceil(before.timestamp()) + 1
    return bounds


def _unseen(listed: list[Row], seen: set[str]) -> Iterator[Row]:
    """Rows whose id is new; one without an id is passed on for the mapping to reject."""
    for row in listed:
        key = str(row.get("id", ""))
        if not key or key not in seen:
            seen.add(key)
            yield row

"""The application's one subscription to Strava's events: made, listed and ended with httpx.

stravalib could, but its callback checks are asserts (gone under ``python -O``) and its default verify
token is public; only these three calls are left, and they are few lines.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from service.errors import StravaError
from service.strava.deadline import Deadline
from service.strava.exchange import API_BASE, Answer, Bounds
from service.strava.failure import failure, unreachable

BOUNDS = Bounds(connect=3.05, read=15.0)
"""Strava calls us back before it answers."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """``callback_url`` holds our secret path, so it stays out of ``repr``."""

    id: int
    callback_url: str = field(repr=False)


class Subscriptions:
    """``now`` is the time of the call (aware UTC). All methods raise ``StravaError``s."""

    def __init__(
        self, client_id: str, client_secret: str, *, api_base: str = API_BASE, bounds: Bounds = BOUNDS
    ) -> None:
        self._own = {"client_id": client_id, "client_secret": client_secret}
        self._url = f"{api_base.rstrip('/')}/push_subscriptions"
        self._timeout = httpx.Timeout(bounds.read, connect=bounds.connect)
        self._whole = bounds.whole

    def create(self, callback_url: str, verify_token: str, now: datetime) -> Subscription:
        """A new one; before Strava answers it asks ``callback_url`` whether it knows ``verify_token``."""
        form = self._own | {"callback_url": callback_url, "verify_token": verify_token}
        answer = self._ask("POST", self._url, "subscribe", data=form)
        if answer.status not in (200, 201):
            raise _refused(answer, "subscribe", now)
        made = _json(answer.body)
        if not isinstance(made, Mapping) or not isinstance(made.get("id"), int):
            raise unreachable("subscribe", "a subscription without an id")
        return Subscription(made["id"], callback_url)

    def all(self, now: datetime) -> list[Subscription]:
        """What Strava holds; it allows one an application. The secret has to go in the query here."""
        answer = self._ask("GET", self._url, "list subscriptions", params=self._own)
        found = _json(answer.body)
        if answer.status != 200 or not isinstance(found, list):
            raise _refused(answer, "list subscriptions", now)
        return [
            Subscription(each["id"], str(each.get("callback_url", "")))
            for each in found
            if isinstance(each, Mapping) and isinstance(each.get("id"), int)
        ]

    def delete(self, subscription_id: int, now: datetime) -> None:
        """End one; that it has ended before is no error."""
        url = f"{self._url}/{subscription_id}"
        answer = self._ask("DELETE", url, "unsubscribe", params=self._own)
        if answer.status not in (200, 204, 404):
            raise _refused(answer, "unsubscribe", now)

    def _ask(self, method: str, url: str, call: str, **given: Any) -> Answer:
        trouble = ""
        try:
            with (
                httpx.Client(timeout=self._timeout, trust_env=False) as http,
                Deadline(self._whole) as deadline,
            ):
                response = http.request(method, url, extensions={"trace": deadline.trace}, **given)
                if not deadline.passed:
                    return Answer(response.status_code, dict(response.headers), response.content)
                trouble = "the answer drips"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            trouble = type(error).__name__
        raise unreachable(call, trouble)  # outside of except: the request holds the secret


def _refused(answer: Answer, call: str, now: datetime) -> StravaError:
    return failure(answer, call, now, with_credentials=True)


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None

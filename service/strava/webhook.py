"""Strava's events as they are posted: their shape, and the signature that some of them carry.

An event tells ids and little else. Documented at developers.strava.com/docs/webhooks; the signature is
seen in the wild (``X-Strava-Signature: t=…,v1=…``), but no documented way leads to its key.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from service.domain.event import Aspect, Event, Seal, Subject

LARGEST_BODY = 4096
"""Bytes. Strava's own are below 300."""
SIGNED_WITHIN_S = 300
MOST_UPDATES = 20
_LARGEST_ID = 2**63 - 1
_LATEST = 2**33
Word = TypeVar("Word", Subject, Aspect)


class Surprise(ValueError):
    """The body is not an event; ``reason`` is a constant name to be counted, never a piece of the body."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this is no event of Strava's: {reason}")
        self.reason = reason


def parse(body: bytes) -> Event:
    """The event in ``body``. Raises ``Surprise``; unknown further fields are let pass."""
    if len(body) > LARGEST_BODY:
        raise Surprise("too_large")
    given = _object(body)
    subject, aspect = _word(given, "object_type", Subject), _word(given, "aspect_type", Aspect)
    updates = _updates(given)
    of_athlete = subject is Subject.ATHLETE
    ended = aspect is Aspect.DELETE or str(updates.get("authorized")).lower() == "false"
    return Event(
        subscription_id=_number(given, "subscription_id"),
        owner_id=_number(given, "owner_id"),
        subject=subject,
        object_id=_number(given, "object_id"),
        aspect=aspect,
        at=_number(given, "event_time", most=_LATEST),
        updates=json.dumps(updates, sort_keys=True),
        withdrawn=of_athlete and ended,
        title_only=aspect is Aspect.UPDATE and set(updates) == {"title"},
    )


def seal_of(header: str | None, body: bytes, key: bytes, now: datetime) -> Seal:
    """Whether the signature is an HMAC-SHA256 of ``"{t}.{body}"`` that is not older than five minutes.

    Without a ``key`` only its presence can be told.
    """
    if not header:
        return Seal.ABSENT
    if not key:
        return Seal.UNCHECKED
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    signed_at, given = parts.get("t", ""), parts.get("v1", "")
    if not (signed_at.isascii() and signed_at.isdigit() and len(signed_at) < 12):
        return Seal.WRONG
    made = hmac.new(key, signed_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made.encode(), given.encode("utf-8", "replace")):
        return Seal.WRONG
    return Seal.VALID if abs(now.timestamp() - int(signed_at)) <= SIGNED_WITHIN_S else Seal.STALE


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, Mapping):
        raise Surprise("not_an_object")
    return given


def _word(given: Mapping[str, Any], name: str, words: type[Word]) -> Word:
    try:
        return words(str(given.get(name)))
    except ValueError:
        raise Surprise(name) from None


def _number(given: Mapping[str, Any], name: str, *, most: int = _LARGEST_ID) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise Surprise(name)
    return value


def _updates(given: Mapping[str, Any]) -> Mapping[str, Any]:
    updates = given.get("updates")
    if updates is None:
        return {}
    if not isinstance(updates, Mapping) or len(updates) > MOST_UPDATES:
        raise Surprise("updates")
    return updates

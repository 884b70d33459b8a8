"""Events as Strava posts them: up to three tries a minute apart on the stand-in's clock, and every mishap.

An event is queued when an activity or a grant changes and delivered when the clock has come to its time:
at once, late, twice, out of order or never. Deliveries are real HTTP from a thread of their own.
"""

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

from .clock import Clock

TRIES = 3
RETRY_AFTER_S = 60
ANSWER_WITHIN_S = 2.0
SIGNATURES = ("none", "valid", "wrong", "stale")
FIRST_ID = 131_300


@dataclass
class Mishaps:
    """How badly events travel; shares are 0..1 and drawn from the world's seed.

    ``lost``: never sent. ``doubled``: sent twice. ``late``: sent ``late_s`` seconds later. ``shuffled``:
    events that are due together go out in any order. ``signature``: one of ``none``, ``valid`` (HMAC of the
    ``key``), ``wrong``, ``stale``. ``unreadable_s``: for so long after its creation an activity answers 404;
    ``streams_empty_s``: for so long its streams are ``{}``.
    """

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    late_s: int = 6 * 3600
    shuffled: bool = False
    signature: str = "none"
    key: str = ""
    unreadable_s: int = 0
    streams_empty_s: int = 0

    def __post_init__(self) -> None:
        if self.signature not in SIGNATURES:
            raise ValueError(f"signature is one of {', '.join(SIGNATURES)}; not {self.signature!r}")


@dataclass
class Delivery:
    """One event on its way. ``tries`` counts posts, ``status`` is the last answer, 0 for none within two
    seconds, and ``seconds`` how long that took (real ones)."""

    number: int
    event: dict[str, Any]
    due: int
    tries: int = 0
    status: int = 0
    state: str = "waiting"
    seconds: float = 0.0


@dataclass
class Hooks:
    """The one subscription of the application, and everything that was or is to be posted to it."""

    clock: Clock
    seed: int
    counters: Counter[str]
    application_id: int = 0
    mishaps: Mishaps = field(default_factory=Mishaps)
    subscription: dict[str, Any] | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    _waiting: list[Delivery] = field(default_factory=list)
    _ended: Counter[str] = field(default_factory=Counter)
    _made: int = 0

    def __post_init__(self) -> None:
        self.rng = Random(f"webhooks:{self.seed}")
        self._lock = threading.RLock()

    def subscribe(self, callback_url: str) -> dict[str, Any]:
        """A new subscription, once the handshake has succeeded."""
        self._made += 1
        now = self.clock.now().isoformat().replace("+00:00", "Z")
        self.subscription = {
            "id": FIRST_ID + self._made - 1,
            "resource_state": 2,
            "application_id": self.application_id,
            "callback_url": callback_url,
            "created_at": now,
            "updated_at": now,
        }
        return self.subscription

    def happened(
        self, kind: str, object_id: int, aspect: str, owner: int, updates: Mapping[str, str] | None = None
    ) -> None:
        """Queue an event, if anybody listens, with whatever mishap befalls it."""
        if self.subscription is None:
            return
        event = {
            "aspect_type": aspect,
            "event_time": self.clock.epoch(),
            "object_id": object_id,
            "object_type": kind,
            "owner_id": owner,
            "subscription_id": self.subscription["id"],
            "updates": dict(updates or {}),
        }
        self.counters["events"] += 1
        if self.rng.random() < self.mishaps.lost:
            self.counters["events_lost"] += 1
            return
        times = 2 if self.rng.random() < self.mishaps.doubled else 1
        for _ in range(times):
            late = self.rng.random() < self.mishaps.late
            self.counters["events_late"] += late
            self.post(event, self.clock.epoch() + (self.mishaps.late_s if late else 0))

    def post(self, event: dict[str, Any], due: int) -> None:
        """Queue one delivery as it is, forged ones too."""
        with self._lock:
            delivery = Delivery(len(self.deliveries) + 1, event, due)
            self.deliveries.append(delivery)
            self._waiting.append(delivery)

    def run(self) -> dict[str, int]:
        """Deliver everything that is due, and again what was not answered by 200 within two seconds.

        Retries whose minute has not come stay waiting. Returns how many are waiting, done and given up.
        """
        with self._lock:
            now = self.clock.epoch()
            due = [each for each in self._waiting if each.due <= now]
            if self.mishaps.shuffled:
                self.rng.shuffle(due)
            if self.subscription is not None:
                with ThreadPoolExecutor(4) as pool:
                    list(pool.map(self._deliver, due))
            self._ended.update(each.state for each in due if each.state != "waiting")
            self._waiting = [each for each in self._waiting if each.state == "waiting"]
            waiting = {"waiting": len(self._waiting)} if self._waiting else {}
            return waiting | dict(self._ended)

    def described(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(each) for each in self.deliveries]

    def _deliver(self, delivery: Delivery) -> None:
        assert self.subscription is not None
        body = json.dumps(delivery.event, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"} | self._signed(body)
        delivery.tries += 1
        began = time.monotonic()
        delivery.status = _post(self.subscription["callback_url"], body, headers)
        delivery.seconds = time.monotonic() - began
        if delivery.status == 200:
            delivery.state = "done"
        elif delivery.tries >= TRIES:
            delivery.state = "given_up"
            self.counters["events_given_up"] += 1
        else:
            delivery.due = self.clock.epoch() + RETRY_AFTER_S

    def _signed(self, body: bytes) -> dict[str, str]:
        kind = self.mishaps.signature
        if kind == "none":
            return {}
        at = self.clock.epoch() - (3600 if kind == "stale" else 0)
        key = b"not the key" if kind == "wrong" else self.mishaps.key.encode()
        made = hmac.new(key, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Strava-Signature": f"t={at},v1={made}"}


def shaken(callback_url: str, verify_token: str, challenge: str) -> bool:
    """The handshake: the callback has to repeat the challenge within two seconds."""
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
    joint = "&" if urlsplit(callback_url).query else "?"
    try:
        with urllib.request.urlopen(
            f"{callback_url}{joint}{urlencode(query)}", timeout=ANSWER_WITHIN_S
        ) as answer:
            return bool(json.load(answer).get("hub.challenge") == challenge)
    except (OSError, ValueError, AttributeError):
        return False


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return int(error.code)
    except OSError:
        return 0

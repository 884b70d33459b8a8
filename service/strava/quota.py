"""How many calls may still be sent: windows, headers, and the ledger that is asked before each call.

Strava counts per application in quarter hours (:00 :15 :30 :45) and in UTC days, all calls ("overall")
and reads apart (developers.strava.com/docs/rate-limits). All our calls are reads. ``/oauth/token`` is
not counted; a revocation is.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Protocol

from service.errors import AppInactive, Gone, QuotaExhausted, ScopeMissing, StravaError

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
MARGIN = timedelta(seconds=2)
"""Strava's clock may lag behind ours: for this long after a window's edge the old one still counts."""


class Priority(IntEnum):
    """What a call is for; the smaller, the more urgent. The first three may use a window to its end."""

    PROOF = 0
    """Has this athlete withdrawn the grant?"""
    WAITED_FOR = 1
    """Somebody looks at the page, or a warning may be due tonight."""
    EVENT = 2
    """Strava says that a session is new or has changed."""
    OVERDUE = 3
    """A list that nears the 48 hours within which deletions are mirrored."""
    ROUTINE = 4
    """Any other list."""
    BACKFILL = 5
    """More of the past."""

    @property
    def keep_free(self) -> float:
        """The share of a window, at its opening, that calls of this priority leave to more urgent ones.

        It shrinks evenly to nothing at the window's end: what nobody urgent has used by then is not lost.
        """
        return {Priority.BACKFILL: 0.5, Priority.ROUTINE: 0.15, Priority.OVERDUE: 0.15}.get(self, 0.0)


@dataclass(frozen=True, slots=True)
class Pair:
    """A number for the quarter hour and one for the day, in calls."""

    quarter: int
    day: int

    def raised_to(self, other: "Pair | None") -> "Pair":
        """The larger of both, window by window; ``None`` raises nothing."""
        if other is None:
            return self
        return Pair(max(self.quarter, other.quarter), max(self.day, other.day))


@dataclass(frozen=True, slots=True)
class Limits:
    """The most calls per window. The defaults are those of a new application."""

    overall: Pair = Pair(200, 2000)
    read: Pair = Pair(100, 1000)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the headers of one answer said. ``None`` = nothing usable: some answers carry no headers."""

    overall_limit: Pair | None = None
    overall_usage: Pair | None = None
    read_limit: Pair | None = None
    read_usage: Pair | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A span of counting, ``MARGIN`` after Strava's own edges. ``end`` is when the next one opens."""

    start: datetime
    end: datetime


def quarter_hour(now: datetime) -> Window:
    """The quarter hour that a call sent at ``now`` (aware) is counted in."""
    return _window(now, QUARTER)


def utc_day(now: datetime) -> Window:
    """The UTC day that a call sent at ``now`` (aware) is counted in."""
    return _window(now, DAY)


def read_headers(headers: Mapping[str, str]) -> Reading:
    """Limits and usage from an answer's headers, in any case.

    Missing, empty (Strava has answered a POST with ``","``), negative or other nonsense reads as
    ``None``, and so does a limit of zero: it would close the door for good.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    return Reading(
        overall_limit=_pair(lower.get("x-ratelimit-limit"), least=1),
        overall_usage=_pair(lower.get("x-ratelimit-usage"), least=0),
        read_limit=_pair(lower.get("x-readratelimit-limit"), least=1),
        read_usage=_pair(lower.get("x-readratelimit-usage"), least=0),
    )


def opens_after_refusal(now: datetime, reading: Reading) -> datetime:
    """When to ask again after a 429 to a call sent at ``now``: the next day if this one is spent.

    A 429 whose headers say nothing closes the quarter hour.
    """
    pairs = ((reading.overall_usage, reading.overall_limit), (reading.read_usage, reading.read_limit))
    day_spent = any(usage and limit and usage.day >= limit.day for usage, limit in pairs)
    return utc_day(now).end if day_spent else quarter_hour(now).end


class Ledger(Protocol):
    """The count of calls, shared by everybody who sends. ``now`` is when the call is or was sent (aware)."""

    def reserve(self, now: datetime, priority: Priority = Priority.EVENT, *, counted: bool = True) -> bool:
        """Count one call that is about to be sent; unless ``counted``, only ask whether it may be.

        Raises ``QuotaExhausted`` with the instant to come back at, and counts nothing, if a window is
        full for this ``priority``, and ``AppInactive`` while the application is switched off. Never
        waits. True: the application was off, and this one call finds out whether it still is.
        """

    def learn(self, now: datetime, reading: Reading) -> None:
        """Take in what an answer's headers say: new limits at once, usage where it is larger."""

    def close(self, now: datetime, opens_at: datetime) -> None:
        """Let nothing through before ``opens_at``: Strava has answered 429."""

    def switched_off(self, now: datetime) -> None:
        """Let nothing through for a while, and then one call: Strava says the application is inactive."""

    def switched_on(self, now: datetime) -> None:
        """That one call was answered as it should be: everything goes on."""


def answered(ledger: Ledger, now: datetime, refused: StravaError | None, *, checking: bool) -> None:
    """Tell the ledger what became of a call sent at ``now``; ``checking`` is what ``reserve`` said of it."""
    if isinstance(refused, AppInactive):
        ledger.switched_off(now)
        return
    if isinstance(refused, QuotaExhausted):
        ledger.close(now, refused.opens_at)
    if checking and (refused is None or isinstance(refused, QuotaExhausted | Gone | ScopeMissing)):
        ledger.switched_on(now)


class MemoryLedger:
    """A ledger for one process: for tests. It knows no priorities and leaves nothing free."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._quarter = self._day = datetime.min.replace(tzinfo=UTC)
        self._overall = self._read = Pair(0, 0)
        self._opens_at = datetime.min.replace(tzinfo=UTC)
        self.off = False

    @property
    def used(self) -> Pair:
        """Calls counted as reads in the windows last seen."""
        return self._read

    def reserve(self, now: datetime, priority: Priority = Priority.EVENT, *, counted: bool = True) -> bool:
        """See ``Ledger.reserve``; the next call after ``switched_off`` is the one that asks."""
        with self._lock:
            if not counted:
                return False
            self._turn(now)
            opens_at = self._full_until(now)
            if opens_at is not None:
                raise QuotaExhausted(
                    f"Strava's quota is used up: ask again at {opens_at.isoformat(timespec='seconds')}",
                    opens_at,
                )
            self._overall = Pair(self._overall.quarter + 1, self._overall.day + 1)
            self._read = Pair(self._read.quarter + 1, self._read.day + 1)
            return self.off

    def learn(self, now: datetime, reading: Reading) -> None:
        """See ``Ledger.learn``."""
        with self._lock:
            self._turn(now)
            self.limits = Limits(
                reading.overall_limit or self.limits.overall, reading.read_limit or self.limits.read
            )
            if quarter_hour(now).start == self._quarter:
                self._overall = self._overall.raised_to(reading.overall_usage)
                self._read = self._read.raised_to(reading.read_usage)

    def close(self, now: datetime, opens_at: datetime) -> None:
        """See ``Ledger.close``."""
        with self._lock:
            self._turn(now)
            self._opens_at = max(self._opens_at, opens_at)

    def switched_off(self, now: datetime) -> None:
        """See ``Ledger.switched_off``."""
        self.off = True

    def switched_on(self, now: datetime) -> None:
        """See ``Ledger.switched_on``."""
        self.off = False

    def _turn(self, now: datetime) -> None:
        """Start counting anew where a window has opened since; a late answer never turns time back."""
        day, quarter = utc_day(now).start, quarter_hour(now).start
        if day > self._day:
            self._day = day
            self._overall, self._read = Pair(self._overall.quarter, 0), Pair(self._read.quarter, 0)
        if quarter > self._quarter:
            self._quarter = quarter
            self._overall, self._read = Pair(0, self._overall.day), Pair(0, self._read.day)

    def _full_until(self, now: datetime) -> datetime | None:
        pairs = ((self._overall, self.limits.overall), (self._read, self.limits.read))
        if any(used.day >= limit.day for used, limit in pairs):
            return max(utc_day(now).end, self._opens_at)
        if any(used.quarter >= limit.quarter for used, limit in pairs):
            return max(quarter_hour(now).end, self._opens_at)
        return self._opens_at if now < self._opens_at else None


def _window(now: datetime, length: timedelta) -> Window:
    midnight = (now - MARGIN).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight + (now - MARGIN - midnight) // length * length + MARGIN
    return Window(start, start + length)


def _pair(value: str | None, *, least: int) -> Pair | None:
    parts = (value or "").split(",")
    if len(parts) != 2:
        return None
    numbers = [part.strip() for part in parts]
    if not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        return None
    quarter, day = (int(number) for number in numbers)
    return Pair(quarter, day) if min(quarter, day) >= least else None

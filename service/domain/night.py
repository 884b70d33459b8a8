"""A night to be judged, and the decision whether its verdict is worth a mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.domain.finding import Cause, Level

JUDGED_AT = time(4, 30)
"""Local time of judgement, where ``activity.DAY_BEGINS``: no zone changes its clock then."""
SENDABLE_FOR = timedelta(hours=18)
"""An older verdict is kept but no longer written about: the day it spoke of is over."""
SHORTEST_NIGHT = timedelta(hours=18)
"""Two verdicts nearer than this would judge the same day."""


class MailKind(StrEnum):
    """Kinds of mail; an athlete may have at most one of a kind a night."""

    WARNING = "warning"
    CHECK_IN = "check_in"
    LONG_RUN = "long_run"
    WEEKLY = "weekly"
    CONFIRM_ADDRESS = "confirm_address"
    RECONNECT = "reconnect"
    ERASED = "erased"
    IMPORTED = "imported"


class Silence(StrEnum):
    """Why a night's verdict was not mailed; kept, counted and shown to admins."""

    LEARNING = "learning"
    NOTHING_FOUND = "nothing_found"
    BELOW_THRESHOLD = "below_threshold"
    ONE_CHANNEL = "one_channel"
    NOT_YET_CONFIRMED = "not_yet_confirmed"
    COOLDOWN = "cooldown"
    WEEKLY_CAP = "weekly_cap"
    CONTEXT = "context"
    LATE_SYNC = "late_sync"
    STALE_NIGHT = "stale_night"
    NO_ADDRESS = "no_address"
    SWITCHED_OFF = "switched_off"
    MUTED = "muted"
    QUIET_DAY = "quiet_day"
    WEEKLY_LETTER = "weekly_letter"
    RED_FLAG = "red_flag"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class SentMail:
    """A warning that was decided earlier; all that restraint remembers of the past."""

    night: date
    kind: MailKind
    cause: Cause
    rule: str
    level: Level | None
    tier: str | None = None
    safety: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to write about a night, and if not, why not. Exactly one of the two is set."""

    kind: MailKind | None
    silent_because: Silence | None

    @property
    def mail(self) -> bool:
        return self.kind is not None


def due_instant(night: date, zone: str) -> datetime:
    """When ``night`` is judged, in UTC: 04:30 local, the first one if the clock shows it twice.

    Raises ``ZoneInfoNotFoundError`` for a name that the pinned tzdata does not know.
    """
    return datetime.combine(night, JUDGED_AT, ZoneInfo(zone)).astimezone(UTC)


def next_night(after: datetime, zone: str) -> date:
    """The first local date whose due instant lies after ``after`` (aware)."""
    night = after.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    while due_instant(night, zone) <= after:
        night += timedelta(days=1)
    return night


def nights_due(first: date, zone: str, now: datetime, previous: datetime | None = None) -> Iterator[date]:
    """Every night from ``first`` on whose due instant is not later than ``now``.

    ``previous`` is the due instant of the last night judged. A night that would come less than
    ``SHORTEST_NIGHT`` after the one before it is left out: whoever flies west lives it twice, and a date
    that a zone skipped (Samoa, 30 December 2011) falls on the instant of its neighbour.
    """
    night = first
    while (at := due_instant(night, zone)) <= now:
        if previous is None or at - previous >= SHORTEST_NIGHT:
            yield night
            previous = at
        night += timedelta(days=1)


def known_zone(name: str) -> bool:
    """Whether the pinned tzdata has this zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True

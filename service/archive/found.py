"""What reading an archive comes to, file by file: sessions, or the reason why there are none."""

from dataclasses import dataclass

from service.domain.activity import Activity
from service.errors import FreshlegsError

LONGEST_NAME = 120


class Unreadable(FreshlegsError):
    """A file or a row that says nothing usable; the message says why and what to do, never its content."""

    code = "archive_unreadable"


@dataclass(frozen=True, slots=True)
class Found:
    """One file's sessions, stored together or not at all. ``doubts`` name the values that were not
    believed: the sessions are kept without them."""

    name: str
    activities: tuple[Activity, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A file, or a line of one, that was left out."""

    name: str
    reason: str


def shown(name: str) -> str:
    """A file's name as it may be printed: one line, no control characters, not too long."""
    clean = "".join(c if c.isprintable() else "?" for c in name)
    return clean if len(clean) <= LONGEST_NAME else f"…{clean[1 - LONGEST_NAME :]}"

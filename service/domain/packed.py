"""What the nights ahead need of an athlete's past, as bytes: made anew from the sessions at any time."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PackedSessions:
    """``version`` names the rules, constants and layout it was made with; it serves nights from
    ``from_night`` on. ``days`` are values of consecutive days from ``first_day`` on, ``sessions`` one
    row a session of the last weeks, both as 64-bit numbers; ``identities`` those sessions' ids."""

    version: str
    from_night: date
    first_day: date
    days: bytes
    sessions: bytes
    identities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackedAnswers:
    """Answers of consecutive days from ``first_day`` on: a byte each, 0 = not answered, else rating + 1."""

    first_day: date
    days: bytes

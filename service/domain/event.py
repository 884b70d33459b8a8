"""What Strava says has happened: a hint to look, never an order, and never believed unread."""

from dataclasses import dataclass, field
from enum import StrEnum


class Subject(StrEnum):
    """What an event is about."""

    ACTIVITY = "activity"
    ATHLETE = "athlete"


class Aspect(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Seal(StrEnum):
    """What became of the signature that an event may carry."""

    ABSENT = "absent"
    UNCHECKED = "unchecked"
    VALID = "valid"
    STALE = "stale"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it was posted. ``at`` is Strava's own time in epoch seconds.

    ``updates`` is the canonical text of what changed. It may hold a title, so it is only ever hashed.
    ``withdrawn`` says that the athlete ended the grant, ``title_only`` that nothing we keep has changed.
    """

    subscription_id: int
    owner_id: int
    subject: Subject
    object_id: int
    aspect: Aspect
    at: int
    updates: str = field(repr=False, default="{}")
    withdrawn: bool = False
    title_only: bool = False

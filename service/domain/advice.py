"""What to do about a finding: one thing now, a plan placed in time, and what is not known."""

from dataclasses import dataclass
from datetime import date

from service.domain.finding import Cause


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to do, from a day on. ``source`` is the study or guideline behind it."""

    title: str
    text: str
    source: str
    start: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Exercise:
    """One strength exercise with its dose; ``effort`` is the rating of perceived exertion 0–10."""

    name: str
    sets: str
    repetitions: str
    effort: str
    rest: str


@dataclass(frozen=True, slots=True)
class StrengthBlock:
    """A block of strength work that starts after the recovery window, never inside it."""

    name: str
    sessions_a_week: str
    weeks: str
    exercises: tuple[Exercise, ...]
    move_on_when: str
    start: date
    source: str


@dataclass(frozen=True, slots=True)
class Advice:
    """The suggestions for one night's leading cause.

    ``now`` is the one thing to do first; ``plan`` the days after; ``question`` what only the athlete
    can answer; ``limits`` what this advice cannot promise.
    """

    cause: Cause
    now: Suggestion
    plan: tuple[Suggestion, ...]
    strength: StrengthBlock | None
    question: str
    limits: str

"""What judgement says of one night, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum


class Cause(StrEnum):
    """The seven reasons for heavy legs."""

    MUSCLE_FATIGUE = "muscle_fatigue"
    WARM_UP = "warm_up"
    HEAT_AND_FLUID = "heat_and_fluid"
    RUNNING_FORM = "running_form"
    STRENGTH = "strength"
    OVERREACHING = "overreaching"
    FUELLING = "fuelling"


class Channel(StrEnum):
    """Independent kinds of observation; a warning needs two that agree."""

    LOAD = "load"
    HEART_RATE = "heart_rate"
    FORM = "form"
    ENVIRONMENT = "environment"
    SELF_REPORT = "self_report"


class Level(StrEnum):
    """How sure a finding is, weakest first."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    STRONG = "strong"


class State(StrEnum):
    """The verdict of one night in one word."""

    LEARNING = "learning"
    CLEAR = "clear"
    WATCH = "watch"
    WARN = "warn"


class Context(StrEnum):
    """Circumstances in which a load figure means something else."""

    RACE = "race"
    TAPER = "taper"
    RETURN_FROM_BREAK = "return_from_break"
    ILLNESS = "illness"
    PAIN = "pain"
    TRAVEL = "travel"
    LATE_SYNC = "late_sync"


RED_FLAGS = frozenset({Context.ILLNESS, Context.PAIN})
"""A "yes" to one of these suspends every training suggestion until the athlete takes it back."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observed number beside the athlete's own normal, with the days it was seen on.

    ``what`` is a constant name such as ``longest_run`` or ``hr_at_reference_speed``; texts for
    people are made elsewhere. ``activity_id`` names the session to link to, where one carries it.
    """

    what: str
    value: float
    unit: str
    baseline: float | None
    first_day: date
    last_day: date
    activity_id: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason, how sure, and everything the athlete is owed beside it.

    ``channels`` maps each channel that could be seen to its strength 0..1. ``rule`` names the rule
    within the cause (``session_spike``, ``possible_overreaching`` …); ``tier`` its step, if it has any.
    ``safety`` findings may be mailed on one channel alone (§13 of the heuristics).
    """

    cause: Cause
    rule: str
    level: Level | None
    score: float
    channels: Mapping[Channel, float]
    evidence: tuple[Evidence, ...]
    unseen: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()
    tier: str | None = None
    safety: bool = False
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Learning:
    """How far the first baseline has come; "learning: 7 of 12 runs" is a result."""

    seen: int
    needed: int
    days_seen: int
    days_needed: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict of one night, before anyone decides whether to write.

    ``score`` is 0..1: how much heavier the legs are expected to be within 72 hours than is normal for
    this person; ``None`` until 28 days are known. ``fitness`` and ``fatigue`` are CTL and ATL in load
    units (100 = one hour at threshold), ``longest_safe_m`` 1.10 × the longest run of 30 days.

    ``balanced_load`` is the largest load of today after which fatigue stays within a tenth of fitness (0 =
    only rest); ``balanced_after_rest`` and ``balanced_after_easy`` the first mornings of which that is
    true with rest, or with easy days, until then. ``None``: balanced already, too far off, or not known.
    ``strength_weeks``: of the last twelve, those with strength work on record.
    """

    night: date
    state: State
    score: float | None
    level: Level | None
    findings: tuple[Finding, ...]
    learning: Learning | None = None
    fitness: float | None = None
    fatigue: float | None = None
    longest_safe_m: float | None = None
    contexts: frozenset[Context] = field(default=frozenset())
    unseen: tuple[str, ...] = ()
    rule_version: str = ""
    balanced_load: float | None = None
    balanced_after_rest: date | None = None
    balanced_after_easy: date | None = None
    strength_weeks: int = 0

    @property
    def flagged(self) -> bool:
        """Whether illness or pain is up: nothing may be suggested."""
        return bool(self.contexts & RED_FLAGS)

    def knowing(self, flags: Iterable[Context]) -> "Assessment":
        """The same verdict with the red flags that are up by now: a night sees nothing of its own day."""
        return replace(self, contexts=self.contexts - RED_FLAGS | frozenset(flags))

    @property
    def leading(self) -> Finding | None:
        """The finding to speak of, if there is one."""
        return self.findings[0] if self.findings else None

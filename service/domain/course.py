"""The way of an athlete's training, day by day, as it is drawn."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Day:
    """Load (100 = one hour at threshold) of one day and fitness, its 42-day mean, at the end of it.

    ``None`` is not observed: before the first session, or not read from the source yet. 0 is rest.
    """

    date: date
    load: float | None
    fitness: float | None


@dataclass(frozen=True, slots=True)
class LongRun:
    """The usual long run of ``day`` (metres, median of the last weeks) beside what was run lately."""

    day: date
    usual_m: float
    ceiling_m: float

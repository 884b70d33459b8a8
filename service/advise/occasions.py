"""When a mail that is no warning is worth writing: a question after a hard day, a word before a long run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from service.domain.course import LongRun
from service.domain.finding import Assessment, Context, Evidence

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
NO_LONG_RUN_IN = frozenset(
    {Context.RACE, Context.TAPER, Context.ILLNESS, Context.PAIN, Context.TRAVEL, Context.LATE_SYNC}
)
"""Circumstances in which nobody runs their usual long run, or in which we do not know what was run."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Values, units and grades stand in ``[occasions]`` of config/advice.toml."""

    ask_days_needed: int
    ask_above_share: float
    ask_above_longest: float
    asks_a_week: int
    long_run_weeks: int
    long_runs_needed: int
    long_run_every_days: int


def worth_asking(
    yesterday: date, loads: Mapping[date, float], longest: Mapping[date, float], limits: Limits
) -> Evidence | None:
    """What made yesterday a day to ask about: a run longer than the 30 days before it, or a load among the
    heaviest of the training days before it. ``None``: an ordinary day, or too few to know.

    ``loads`` are those of the training days of the last weeks, ``longest`` the longest run of each day in
    metres.
    """
    load = loads.get(yesterday)
    if load is None:
        return None
    before = max((longest.get(yesterday - n * DAY, 0.0) for n in range(1, 31)), default=0.0)
    run = longest.get(yesterday, 0.0)
    if before > 0 and run > limits.ask_above_longest * before:
        return Evidence("longest_run", run, "m", before, yesterday, yesterday)
    training = [value for day, value in loads.items() if day < yesterday]
    if len(training) < limits.ask_days_needed:
        return None
    if sum(value < load for value in training) / len(training) < limits.ask_above_share:
        return None
    return Evidence("day_load", load, "load", median(training), yesterday, yesterday)


def may_ask(
    night: date, asked: Sequence[date], answered: Sequence[date], limits: Limits, *, once_a_week: bool = False
) -> bool:
    """Whether another question may go out: never while the last one is unanswered, and not too often.

    ``asked`` are the nights of questions and warnings (each carries the question), ``answered`` the days of
    check-ins.
    """
    earlier = [day for day in asked if day < night]
    if earlier and not any(day >= max(earlier) for day in answered):
        return False
    lately = sum(night - day < WEEK for day in earlier)
    return lately < (1 if once_a_week else limits.asks_a_week)


def before_long_run(
    assessment: Assessment,
    longest: Mapping[date, float],
    told: Sequence[date],
    limits: Limits,
    *,
    days_ahead: int = 1,
) -> LongRun | None:
    """The long run that tomorrow (or one of the next ``days_ahead``) usually brings, if it would be more than
    a tenth beyond the longest of 30 days; ``None`` if it would not, if there is no usual day, or if this was
    said lately (``told``)."""
    night, ceiling = assessment.night, assessment.longest_safe_m
    if ceiling is None or assessment.contexts & NO_LONG_RUN_IN:
        return None
    if any(timedelta(0) < night - day < timedelta(days=limits.long_run_every_days) for day in told):
        return None
    usual = _usual_long_run(longest, night, limits)
    if usual is None:
        return None
    weekday, metres = usual
    ahead = (weekday - night.weekday() - 1) % 7 + 1
    if ahead > days_ahead or metres <= ceiling:
        return None
    return LongRun(night + ahead * DAY, metres, ceiling)


def _usual_long_run(longest: Mapping[date, float], night: date, limits: Limits) -> tuple[int, float] | None:
    """The weekday that most often holds the longest run of its week, and the median of those runs."""
    best: list[tuple[int, float]] = []
    for week in range(limits.long_run_weeks):
        days = [night - (7 * week + n) * DAY for n in range(1, 8)]
        metres, day = max((longest.get(day, 0.0), day) for day in days)
        if metres > 0:
            best.append((day.weekday(), metres))
    if not best:
        return None
    weekday, times = Counter(weekday for weekday, _ in best).most_common(1)[0]
    if times < limits.long_runs_needed:
        return None
    return weekday, median(metres for day, metres in best if day == weekday)

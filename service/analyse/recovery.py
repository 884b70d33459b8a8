"""Muscle fatigue: one long or hard session, a race, or hard days, and the days it takes to be over."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from service.analyse.complaint import heart_rate_strength, tempered
from service.analyse.constants import Constants
from service.analyse.context import after_break
from service.analyse.diary import Columns
from service.analyse.event import longest_of_months, raced_m
from service.analyse.fusion import Fused, at_least, at_most, fuse, silent
from service.analyse.score import State, load_pressure
from service.analyse.trend import above_tenths
from service.analyse.weeks import hard_weeks
from service.analyse.window import lately, ramp
from service.domain.finding import Level

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Reason(IntEnum):
    """What the verdict is named after: the most particular observation that was made."""

    RACE = 0
    SESSION_SPIKE = 1
    HARD_MINUTES = 2
    HARD_WEEKS = 3
    HARD_DAYS = 4
    LOW_ANSWERS = 5


class Tier(IntEnum):
    """Bands of the session spike (Frandsen et al. 2025)."""

    NONE = 0
    SMALL = 1
    MODERATE = 2
    LARGE = 3


@dataclass(frozen=True, slots=True)
class MuscleFatigue:
    """One value a column: the fused verdict, its reason, the spike's tier, how many days before the night
    the deciding session was (1 = yesterday), and whether hard weeks speak, whatever it is named after."""

    fused: Fused
    reason: Ints
    tier: Ints
    days_ago: Ints
    weeks: Flags
    enough: Flags


def muscle_fatigue(columns: Columns, state: State, hot: Flags, c: Constants) -> MuscleFatigue:
    """Load now: a session spike, a race, hard minutes, hard weeks or hard days; with what the athlete says of
    soreness and legs, and beside a complaint heart rate in either direction. In a ``hot`` spell the weather
    makes legs and heart rate what they are: only a race, or a run so long that it speaks alone, is left."""
    tier, spike_ago = _spike(columns, c)
    race, race_ago = _race(columns, c)
    weeks = hard_weeks(columns, state, c)
    loads = _loads(columns, state, race, tier, weeks, c)
    reason = _reason(loads, c)
    told = tempered(columns, state.said, c)
    enough = enough_data(columns, state, c)
    fused = fuse(
        c,
        len(columns),
        load=np.where(enough, loads.max(axis=0), np.nan),
        self_report=np.where(weeks > 0, np.fmax(told, weeks), told),
        heart_rate=heart_rate_strength(state.hr_shift, state.hr_z, state.complaint, c),
    )
    # A run more than twice as long as any of 30 days speaks for itself: an answer given before it, or a
    # heart rate as usual, cannot take it back (Frandsen et al. 2025; §13 lets this one channel be mailed).
    spiked = reason == Reason.SESSION_SPIKE
    large = spiked & (tier == Tier.LARGE)
    fused = at_most(fused, Level.POSSIBLE, state.load_quality < c.fusion.least_quality)
    fused = at_least(fused, Level.POSSIBLE, enough & large)
    fused = silent(fused, hot & (reason != Reason.RACE) & ~large)
    ago = np.where(reason == Reason.RACE, race_ago, np.where(spiked, spike_ago, 1))
    return MuscleFatigue(fused, reason, np.where(spiked, tier, 0), ago, weeks > 0, enough)


def _loads(columns: Columns, state: State, race: Flags, tier: Ints, weeks: Floats, c: Constants) -> Floats:
    """How strongly each kind of load speaks, in the order of ``Reason``."""
    f = c.fatigue
    by_tier = np.array([0.0, f.small_spike, f.small_spike, 1.0])
    pressure = ramp(load_pressure(state, c), f.load_from, f.load_full)
    hard = _hard_minutes(columns, c) * f.hard_strength
    return np.vstack([race * 1.0, by_tier[tier], hard, weeks, np.nan_to_num(pressure)])


def _reason(loads: Floats, c: Constants) -> Ints:
    """The first that speaks; weeks only where the last days do not agree themselves."""
    speaks = loads > 0
    speaks[Reason.HARD_WEEKS] &= loads[Reason.HARD_DAYS] < c.fusion.agreeing
    return np.asarray(np.where(speaks.any(axis=0), np.argmax(speaks, axis=0), Reason.LOW_ANSWERS), np.int64)


def enough_data(columns: Columns, state: State, c: Constants) -> Flags:
    """Whether history is long and dense enough for any rule on load."""
    sessions = np.nansum(columns["sessions"], axis=0)
    return np.asarray((state.days_known >= c.fatigue.days_needed) & (sessions >= c.fatigue.runs_needed))


def tier_of(value: Floats, base: Floats, c: Constants) -> Ints:
    """Band of a session of ``value`` metres after a longest of ``base`` metres in 30 days."""
    s = c.spike
    tiers = np.zeros(np.shape(value), dtype=np.int64)
    for tenths in (s.small_tenths, s.moderate_tenths, s.large_tenths):
        tiers += above_tenths(value, base, tenths)
    return tiers


def _spike(columns: Columns, c: Constants) -> tuple[Ints, Ints]:
    """Highest tier among the runs of the last days, and how many days ago (the newest of them). After a break
    the longest of 30 days is no base: what was run in the months before it is one too."""
    days = c.spike.speaks_for_days
    base = lately(columns["spike_base_m"], days)
    back = after_break(columns, c, c.contexts.after_break_days)
    base = np.where(back, np.fmax(base, longest_of_months(columns, days, c)), base)
    tiers = tier_of(lately(columns["longest_m"], days), base, c)
    tiers = np.where(lately(columns["spike_runs"], days) >= c.spike.runs_needed, tiers, 0)
    newest_first = tiers[::-1]
    return tiers.max(axis=0), np.argmax(newest_first, axis=0) + 1


def _race(columns: Columns, c: Constants) -> tuple[Flags, Ints]:
    raced = raced_m(columns, c.fatigue.race_days, c) >= c.fatigue.race_m
    return np.asarray(raced.any(axis=0)), np.argmax(raced[::-1], axis=0) + 1


def _hard_minutes(columns: Columns, c: Constants) -> Flags:
    """Hard minutes of the last days among the most of the athlete's own season."""
    f = c.fatigue
    minutes = np.nan_to_num(lately(columns["hard_min"], f.hard_window_days))
    sums = sliding_window_view(minutes, f.hard_days, axis=0).sum(axis=-1)
    limit = np.quantile(sums, f.hard_share, axis=0)
    return np.asarray((sums[-1] > 0) & (sums[-1] >= limit))

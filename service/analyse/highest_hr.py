"""The highest heart rate in force on a day: told, seen, or from a formula.

The highest of easy runs is no maximum: it is believed only where runs behind it were hard enough to show one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from service.analyse.constants import Constants
from service.analyse.sessions import Sessions
from service.analyse.trailing import median, second_highest, trailing
from service.domain.history import Profile

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
DAYS_A_YEAR = 365.25


def by_age(age: ArrayLike) -> Floats:
    """208 − 0.7 · age (Tanaka et al. 2001), beside which Nes et al. 2013 is what we use: at 40 it reads 180,
    theirs 185, and of either one person in three is more than ten beats off."""
    return np.asarray(208.0 - 0.7 * np.asarray(age, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class HighestHr:
    """One row a session: beats a minute, and whether they were told or seen rather than computed."""

    beats: Floats
    known: Flags


def highest_hr(
    sessions: Sessions, usual_mps: Floats, flat_mps: Floats, profile: Profile, c: Constants
) -> HighestHr:
    """Told, else the second highest of the sessions behind, held within ``hr_max_trust`` of the formula (Nes
    et al. 2013), as long as ``hr_max_efforts`` of them were hard; else the formula."""
    n = len(sessions)
    if profile.max_hr is not None:
        return HighestHr(np.full(n, float(profile.max_hr)), np.ones(n, dtype=np.bool_))
    formula = np.full(n, c.load.hr_max_without_age)
    if profile.birth_year is not None and n:
        year = 1970 + sessions.start_s / 86_400 / DAYS_A_YEAR
        formula = c.load.hr_max_at_birth - c.load.hr_max_per_year * np.floor(year - profile.birth_year)
    known = np.where(sessions.is_run, sessions.max_hr, np.nan)
    seen = trailing(sessions.day, known, c.load.lookback_days, c.load.hr_max_sessions, second_highest)
    efforts = np.where(_efforts(sessions, usual_mps, flat_mps, c) & ~np.isnan(known), 1.0, np.nan)
    shown = trailing(sessions.day, efforts, c.load.lookback_days, c.load.hr_max_efforts, median)
    held = np.clip(seen, formula - c.load.hr_max_trust, formula + c.load.hr_max_trust)
    believed = ~np.isnan(seen) & ~np.isnan(shown)
    return HighestHr(np.where(believed, held, formula), believed)


def _efforts(sessions: Sessions, usual_mps: Floats, flat_mps: Floats, c: Constants) -> Flags:
    """Runs in which the heart may have come near its maximum: races, very hard ones, fast ones."""
    with np.errstate(invalid="ignore"):
        tried = sessions.race | (sessions.perceived_exertion >= c.speed.effort_rpe)
        tried |= flat_mps >= c.warm_up.above_usual * usual_mps
    return np.asarray(sessions.is_run & tried & (sessions.minutes >= c.load.effort_min))

"""Heat and fluid strain after a warm run. Heat and loss of fluid cannot be told apart, nor does drift say how
much was lost (Adams 2014): this speaks of strain, never of dehydration.

A watch on a warm wrist reads several degrees too high, so temperatures are steps of a ladder, no more; and a
warm day alone is no finding: heart rate must have been higher than on cooler runs like it.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from service.analyse.constants import Constants
from service.analyse.drift import Drift
from service.analyse.load import Loads
from service.analyse.sessions import Sessions
from service.analyse.window import MAD_TO_SD

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class HeatTier(IntEnum):
    """Steps of air temperature; humidity is not known."""

    NONE = 0
    LOW = 1
    CAUTION = 2
    HIGH = 3
    VERY_HIGH = 4


@dataclass(frozen=True, slots=True)
class HeatStrain:
    """One row a session. ``tier`` with acclimatisation, ``plain`` without; ``environment`` and
    ``heart_rate`` the strengths where the rule holds, 0 where it was seen not to, NaN where it could not be
    seen; ``excess`` of heart rate over cooler runs like it (share); ``hot``: a warm tier whose strain could
    not be seen."""

    tier: Ints
    plain: Ints
    environment: Floats
    heart_rate: Floats
    excess: Floats
    hot: Flags


def wet_bulb_globe(temperature_c: ArrayLike, humidity: ArrayLike) -> Floats:
    """Approximate wet-bulb globe temperature (°C) from air temperature and relative humidity (%), for
    moderate sun and light wind. Australian Bureau of Meteorology, after ACSM 1984."""
    t = np.asarray(temperature_c, dtype=np.float64)
    vapour = np.asarray(humidity, dtype=np.float64) / 100 * 6.105 * np.exp(17.27 * t / (237.7 + t))
    return np.asarray(0.567 * t + 0.393 * vapour + 3.94)


def tier_of(temperature_c: Floats, c: Constants) -> Ints:
    """The step of each temperature; NaN is none."""
    h = c.heat
    with np.errstate(invalid="ignore"):
        steps = [temperature_c >= edge for edge in (h.low_c, h.caution_c, h.high_c)]
        steps.append(temperature_c > h.very_high_c)
    found: Ints = np.sum(steps, axis=0, dtype=np.int64)
    return found


def heat_strain(sessions: Sessions, loads: Loads, drift: Drift, since: int, c: Constants) -> HeatStrain:
    """The rule for every outdoor run from the day ``since`` (ordinal) on whose temperature is known, each
    against its own past only."""
    n = len(sessions)
    tier = np.zeros(n, dtype=np.int64)
    environment, heart_rate, excess, odds = (np.full(n, np.nan) for _ in range(4))
    hot = np.zeros(n, dtype=np.bool_)
    able = sessions.is_run & ~sessions.indoor & ~np.isnan(sessions.temperature_c)
    plain = tier_of(sessions.temperature_c, c)
    environment[able] = 0.0
    warm = able & (sessions.day >= since) & (np.nan_to_num(sessions.temperature_c) >= c.heat.own_lowest_c)
    for row in np.flatnonzero(warm).tolist():
        age = sessions.day[row] - sessions.day
        tier[row] = _harsher(row, plain, age, able, sessions, c)
        if sessions.minutes[row] < c.heat.shortest_min or not _warm(row, age, able, sessions, c):
            continue
        excess[row], odds[row] = _excess(row, age, sessions, loads, c)
        beyond = excess[row] >= c.heat.hr_excess and _beyond_scatter(row, odds, age, c)
        strained = _strength(row, age, excess[row], beyond, drift, sessions, c)
        heart_rate[row] = strained
        if strained > 0:
            environment[row] = _speaks(HeatTier(int(plain[row])), HeatTier(int(tier[row])), c)
        elif np.isnan(strained):
            hot[row] = tier[row] >= HeatTier.HIGH or _slowed(row, drift, sessions, c)
    return HeatStrain(tier, plain, environment, heart_rate, excess, hot)


def _harsher(row: int, plain: Ints, age: Ints, able: Flags, sessions: Sessions, c: Constants) -> int:
    """One step up, from caution on, for who is not used to such warmth."""
    h = c.heat
    warm = able & (age > 0) & (age <= h.acclimatised_days)
    warm &= np.nan_to_num(sessions.temperature_c) >= sessions.temperature_c[row] - h.acclimatised_within_c
    used = warm.sum() >= h.acclimatised_runs
    step = int(plain[row])
    return step if used or step < HeatTier.CAUTION else min(step + 1, int(HeatTier.VERY_HIGH))


def _warm(row: int, age: Ints, able: Flags, sessions: Sessions, c: Constants) -> bool:
    """Warm by the ladder, or among the warmest of the athlete's own last weeks."""
    h = c.heat
    own = sessions.temperature_c[able & (age > 0) & (age <= h.own_days)]
    among = len(own) >= h.own_runs and sessions.temperature_c[row] > np.quantile(own, h.own_share)
    return bool(sessions.temperature_c[row] >= h.caution_c or among)


def _excess(row: int, age: Ints, sessions: Sessions, loads: Loads, c: Constants) -> tuple[float, float]:
    """Heart rate over the median of cooler runs of like speed and no less time, as a share and in spreads of
    those runs; NaN with too few, and where it equals the steps: the sensor may have counted those."""
    h = c.heat
    nothing = (float("nan"), float("nan"))
    if abs(sessions.average_hr[row] - sessions.cadence_spm[row]) <= c.gates.lock_bpm or _away(row, age, c):
        return nothing
    with np.errstate(invalid="ignore"):
        cooler = sessions.temperature_c <= sessions.temperature_c[row] - h.cooler_c
        near = np.abs(loads.flat_mps / loads.flat_mps[row] - 1.0) <= h.comparable_speed
    like = cooler & near & (age > 0) & (age <= h.comparable_days) & ~np.isnan(sessions.average_hr)
    like &= ~sessions.indoor & (sessions.minutes >= h.comparable_minutes * sessions.minutes[row])
    if like.sum() < h.comparable_runs:
        return nothing
    own = sessions.average_hr[like]
    middle = float(np.median(own))
    spread = MAD_TO_SD * float(np.median(np.abs(own / middle - 1.0)))
    excess = float(sessions.average_hr[row] / middle - 1.0)
    return excess, excess / max(spread, h.spread_floor)


def _beyond_scatter(row: int, odds: Floats, age: Ints, c: Constants) -> bool:
    """Far beyond the own scatter at once, or beyond it over the warm runs of the last days together (their
    mean · √n): once is noise more often than strain."""
    h = c.heat
    known = odds[(age >= 0) & (age < h.spell_days) & ~np.isnan(odds)]
    together = len(known) > 1 and known.sum() >= h.z_needed * np.sqrt(len(known))
    return bool(odds[row] >= h.z_alone or together)


def _away(row: int, age: Ints, c: Constants) -> bool:
    """Just back from days without a session: the first runs after it raise heart rate in any weather."""
    h = c.heat
    lately = np.sort(age[(age >= 0) & (age <= h.gap_days + h.after_gap_days)])
    return bool(len(lately) == 1 or (np.diff(lately) > h.gap_days).any())


def _strength(
    row: int, age: Ints, excess: float, beyond: bool, drift: Drift, sessions: Sessions, c: Constants
) -> float:
    """In proportion to the excess, once that counts and is ``beyond`` scatter; agreeing where heart rate came
    loose from speed more than it does on such runs; 0 where neither did; NaN where neither could be seen."""
    loose = _decoupled(row, age, drift, sessions, c)
    if loose or beyond:
        beats = excess / c.heat.hr_excess_full if beyond else 0.0
        return min(1.0, max(beats, c.fusion.agreeing if loose else 0.0))
    return float("nan") if np.isnan(excess) and loose is None else 0.0


def _decoupled(row: int, age: Ints, drift: Drift, sessions: Sessions, c: Constants) -> bool | None:
    h = c.heat
    like = (age > 0) & (age <= h.decoupling_days) & ~np.isnan(drift.decoupling)
    like &= np.abs(sessions.minutes / sessions.minutes[row] - 1.0) <= h.decoupling_minutes
    if np.isnan(drift.decoupling[row]) or like.sum() < h.decoupling_runs:
        return None
    own = drift.decoupling[like]
    middle = np.median(own)
    limit = middle + h.decoupling_mads * np.median(np.abs(own - middle))
    return bool(drift.decoupling[row] >= max(limit, h.decoupling))


def _slowed(row: int, drift: Drift, sessions: Sessions, c: Constants) -> bool:
    """Without heart rate: long, warmer still, and slower late; a hint and no more."""
    h = c.heat
    long = sessions.minutes[row] >= h.slowing_min and sessions.temperature_c[row] >= h.slowing_c
    return bool(long and drift.slowed[row] >= h.slowing)


def _speaks(plain: HeatTier, tier: HeatTier, c: Constants) -> float:
    """How loudly the weather speaks. Below ``high_c`` a thermometer on a warm wrist never agrees by itself,
    used to warmth or not; above, who is not used to it counts a step higher."""
    h = c.heat
    by_tier = (h.low_strength, h.low_strength, h.caution_strength, h.high_strength, 1.0)
    return by_tier[plain] if plain < HeatTier.HIGH else by_tier[tier]

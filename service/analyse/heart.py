"""Heart rate and exertion of a run beside the athlete's own runs like it.

A raw ratio of speed to heart rate is confounded by speed; the residual of the athlete's own line is not.
A shift is read in both directions: overreaching lowers heart rate as well (Bosquet 2008, Le Meur 2013).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from service.analyse.constants import Constants
from service.analyse.load import Loads
from service.analyse.sensors import near_steps
from service.analyse.sessions import Sessions
from service.analyse.trailing import behind, quantiles
from service.analyse.window import MAD_TO_SD

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_RUNS = 64  # of a baseline; the newest are kept
HUBER = 1.345  # 95 % efficiency for normal errors (Huber 1964)
ROUNDS = 6


@dataclass(frozen=True, slots=True)
class HeartShift:
    """One row a session, NaN where it cannot be told: residual as a share of the expected heart rate, the
    spread of such residuals in the baseline, runs in the baseline, and the heart rate expected."""

    shift: Floats
    noise: Floats
    runs: Floats
    expected: Floats


def heart_rate_shift(sessions: Sessions, loads: Loads, since: int, c: Constants) -> HeartShift:
    """Residual of each eligible run from the day ``since`` (ordinal) on against a robust line over the runs
    before it:
    HR = β0 + β1 · flat speed + β2 · max(0, T − 15 °C), fitted per run on its own past only."""
    result = HeartShift(*(np.full(len(sessions), np.nan) for _ in range(4)))
    rows = np.flatnonzero(_eligible(sessions, loads, c))
    if len(rows) <= c.heart_rate.runs_needed:
        return result
    told = np.flatnonzero(sessions.day[rows] >= since)
    past, used = _past(sessions.day[rows], told, c)
    speed, hr = loads.flat_mps[rows], sessions.average_hr[rows]
    warm = np.nan_to_num(np.maximum(0.0, sessions.temperature_c[rows] - c.heart_rate.warm_c))
    enough = _enough(sessions.day[rows], speed, past, used, c)
    if not enough.any():
        return result
    told, past, used = told[enough], past[enough], used[enough]
    design = np.stack([np.ones_like(speed), speed, warm], axis=-1)
    beta = _huber(design[past], hr[past], used)
    residual = np.where(used, hr[past] - (design[past] @ beta[..., None])[..., 0], np.nan)
    expected = np.einsum("rp,rp->r", design[told], beta)
    spread = MAD_TO_SD * quantiles(np.abs(residual), 0.5)
    index = rows[told]
    result.shift[index] = (hr[told] - expected) / expected
    result.noise[index] = np.maximum(spread / expected, c.heart_rate.noise_floor)
    result.runs[index] = used.sum(axis=1)
    result.expected[index] = expected
    return result


def _eligible(sessions: Sessions, loads: Loads, c: Constants) -> Flags:
    """Outdoor runs, long enough, not too hilly, neither a race nor an outlier in heart rate, nor one whose
    heart rate equals its steps: the sensor may have counted those."""
    h = c.heart_rate
    with np.errstate(invalid="ignore", divide="ignore"):
        share = sessions.average_hr / loads.hr_max
        flat_enough = np.nan_to_num(sessions.gain_m) <= h.steepest_gain * sessions.distance_m
    able = sessions.is_run & ~sessions.indoor & ~sessions.race & ~np.isnan(loads.flat_mps)
    steady = (sessions.minutes >= h.shortest_min) & (share >= h.lowest_of_max) & (share <= h.highest_of_max)
    counted = near_steps(sessions.average_hr, sessions.cadence_spm, c.gates)
    return np.asarray(able & flat_enough & steady & ~counted)


def _past(day: Ints, told: Ints, c: Constants) -> tuple[Ints, Flags]:
    """For each run told of the rows of ``MOST_RUNS`` earlier ones, and which are in its baseline. As many
    places for everybody: a sum then adds up in the same order however many runs there are."""
    index = told[:, None] - 1 - np.arange(MOST_RUNS)[None, :]
    rows = np.maximum(index, 0)
    age = day[told, None] - day[rows]
    return rows, (index >= 0) & (age > c.heart_rate.exclude_days) & (age <= c.heart_rate.baseline_days)


def _enough(day: Ints, speed: Floats, past: Ints, used: Flags, c: Constants) -> Flags:
    """Whether the baseline has runs, days and speeds enough for a line."""
    count = used.sum(axis=1)
    days = np.where(used, day[past], np.iinfo(np.int64).max).min(axis=1)
    newest = np.where(used, day[past], 0).max(axis=1)
    speeds = np.where(used, speed[past], np.nan)
    able = (count >= c.heart_rate.runs_needed) & (newest - days >= c.heart_rate.span_days)
    spread = np.zeros(len(past))
    if able.any():
        spread[able] = quantiles(speeds[able], 0.75) - quantiles(speeds[able], 0.25)
    return np.asarray(able & (spread >= c.heart_rate.speed_iqr_mps))


def _huber(design: Floats, target: Floats, used: Flags) -> Floats:
    """Huber regression of all rows: design (rows, runs, terms), target (rows, runs) → (rows, terms)."""
    weight = used.astype(np.float64)
    rows, runs, terms = design.shape
    ridge = 1e-6 * np.eye(terms)  # temperature may be a column of zeros
    squares = (design[..., :, None] * design[..., None, :]).reshape(rows, runs, terms * terms)
    products = np.concatenate((squares, design * target[..., None]), axis=2)
    beta: Floats = np.zeros((rows, terms))
    for _ in range(ROUNDS):
        sums = (weight[:, None, :] @ products)[:, 0]
        normal = sums[:, : terms * terms].reshape(rows, terms, terms) + ridge
        beta = np.asarray(np.linalg.solve(normal, sums[:, terms * terms :, None])[..., 0], np.float64)
        error = np.abs(target - (design @ beta[..., None])[..., 0])
        scale = MAD_TO_SD * quantiles(np.where(used, error, np.nan), 0.5)[:, None]
        limit = HUBER * np.maximum(scale, 0.5)
        weight = np.where(used, np.minimum(1.0, limit / np.maximum(error, 1e-9)), 0.0)
    return beta


def running_speed_index(
    speed_kmh: ArrayLike, hr: ArrayLike, resting: ArrayLike, highest_hr: ArrayLike, peak_kmh: ArrayLike
) -> Floats:
    """Average speed less the speed that the heart rate stands for (km/h), by the line from standing (resting
    + 26 beats) to peak speed: the validated index whose kin is ``shift``. Vesterinen 2014. For charts."""
    standing = np.asarray(resting, dtype=np.float64) + 26.0
    beats_per_kmh = (np.asarray(highest_hr, dtype=np.float64) - standing) / np.asarray(peak_kmh)
    return np.asarray(speed_kmh - (np.asarray(hr, dtype=np.float64) - standing) / beats_per_kmh)


def exertion_shift(sessions: Sessions, loads: Loads, since: int, c: Constants) -> Floats:
    """Perceived exertion of each rated run from the day ``since`` (ordinal) on above the median of the rated
    runs of like speed and length before it; NaN where there are too few."""
    e = c.effort
    result = np.full(len(sessions), np.nan)
    rows = np.flatnonzero(~np.isnan(sessions.perceived_exertion) & ~np.isnan(loads.flat_mps))
    day, felt = sessions.day[rows], sessions.perceived_exertion[rows]
    told = np.flatnonzero(day >= since)
    past, alike = behind(day, told, c.heart_rate.exclude_days, e.baseline_days)
    alike &= _near(loads.flat_mps[rows], told, past, e.speed_tolerance)
    alike &= _near(sessions.minutes[rows], told, past, e.duration_tolerance)
    enough = alike.sum(axis=1) >= e.runs_needed
    if enough.any():
        usual = quantiles(np.where(alike, felt[past], np.nan)[enough], 0.5)
        result[rows[told[enough]]] = felt[told[enough]] - usual
    return result


def _near(values: Floats, own: Ints, others: Ints, tolerance: float) -> Flags:
    """Whether each of the other rows' values is within a share of the own row's."""
    value = values[own][:, None]
    return np.asarray(np.abs(values[others] - value) <= tolerance * value)

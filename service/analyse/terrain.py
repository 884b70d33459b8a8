"""Hills: what a slope costs, and the flat speed that would feel the same."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

STEEPEST = 0.45  # the polynomial was fitted from -0.45 to +0.45
FLAT_COST = 3.6
RUNNING = np.array([155.4, -30.4, -43.3, 46.3, 19.5, FLAT_COST])
DESCENT = np.array([14.4, 2.6, 1.0])  # equal effort: easiest at -9 %, as flat at -18 %
DESCENT_AS_FLAT = -0.18


def running_cost(grade: ArrayLike) -> Floats:
    """Metabolic cost of running, J/(kg·m), at a grade (rise over run). Minetti et al. 2002."""
    return np.polyval(RUNNING, np.clip(np.asarray(grade, dtype=np.float64), -STEEPEST, STEEPEST))


def effort_factor(grade: ArrayLike) -> Floats:
    """How much faster on the flat feels the same: uphill by cost (Minetti 2002), downhill by equal
    heart rate, where cost alone misjudges by up to three times (our fit to Strava's published shape)."""
    slope = np.asarray(grade, dtype=np.float64)
    down = np.where(slope < DESCENT_AS_FLAT, 1.0, np.polyval(DESCENT, np.clip(slope, DESCENT_AS_FLAT, 0.0)))
    return np.where(slope >= 0, running_cost(slope) / FLAT_COST, down)


def flat_speed(speed_mps: ArrayLike, distance_m: ArrayLike, gain_m: ArrayLike) -> Floats:
    """Flat speed of equal effort over a whole run of which only the total climb is known.

    Half of the way is taken to go up and half down, evenly; an unknown climb (NaN) counts as none.
    """
    speed, distance, gain = (np.asarray(x, dtype=np.float64) for x in (speed_mps, distance_m, gain_m))
    with np.errstate(divide="ignore", invalid="ignore"):
        grade = np.where(distance > 0, 2 * np.nan_to_num(gain) / distance, 0.0)
    grade = np.clip(np.nan_to_num(grade), 0.0, STEEPEST)
    return speed * (effort_factor(grade) + effort_factor(-grade)) / 2

"""The highest heart rate of hard runs, beside what hard runs like them reached.

Overload lowers what the heart reaches when the legs go all out: by 0.75 spreads within two weeks, 0.33 over
longer (Bosquet et al. 2008). Fitness lowers it too, so it is read beside a complaint alone.
"""

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.sensors import near_steps
from service.analyse.sessions import Sessions
from service.analyse.trailing import behind, quantiles

Floats = NDArray[np.float64]


def beats_missing(sessions: Sessions, hard_min: Floats, since: int, c: Constants) -> Floats:
    """By how many beats a minute the highest of each hard run from the day ``since`` (ordinal) on falls short
    of the middle of the hard runs of the ``base_days`` before it, in like warmth where it is known. NaN
    where the run was not hard, carries no heart rate or one that equals its steps, or has too few like it."""
    p = c.peaks
    result = np.full(len(sessions), np.nan)
    with np.errstate(invalid="ignore"):
        tried = sessions.race | (sessions.perceived_exertion >= c.speed.effort_rpe) | (hard_min >= p.hard_min)
    read = ~np.isnan(sessions.max_hr) & ~near_steps(sessions.average_hr, sessions.cadence_spm, c.gates)
    rows = np.flatnonzero(sessions.is_run & ~sessions.indoor & tried & read)
    own = np.flatnonzero(sessions.day[rows] >= since)
    past, used = behind(sessions.day[rows], own, p.exclude_days, p.base_days)
    warmth = sessions.temperature_c[rows]
    with np.errstate(invalid="ignore"):
        used &= ~(np.abs(warmth[past] - warmth[own][:, None]) > p.alike_c)
    enough = used.sum(axis=1) >= p.runs_needed
    if enough.any():
        peaks = sessions.max_hr[rows]
        usual = quantiles(np.where(used, peaks[past], np.nan)[enough], 0.5)
        result[rows[own[enough]]] = usual - peaks[own[enough]]
    return result

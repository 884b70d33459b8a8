"""Which heart rates are believed: a wrist sensor may count steps for beats.

Only earlier runs judge a run, so no later session changes what an earlier one was worth.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.analyse.sections import Gates
from service.domain.activity import Lap

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CLOSE_BPM = 5.0  # of a lap; whole runs are held to ``lock_bpm``


def believable(hr: Floats, gates: Gates) -> Floats:
    """Heart rates that a person can have while running; NaN for others."""
    with np.errstate(invalid="ignore"):
        return np.where((hr >= gates.lowest_hr) & (hr <= gates.highest_hr), hr, np.nan)


def near_steps(hr: Floats, spm: Floats, gates: Gates) -> Flags:
    """Whether a heart rate equals the steps. That proves nothing: a sixth of a real runner's honest runs are
    that close; but no rule need read them."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(hr - spm) <= gates.lock_bpm)


def cadence_locked(
    day: Ints, hr: Floats, spm: Floats, speed: Floats, temperature_c: Floats, laps: Sequence[Sequence[Lap]],
    gates: Gates,
) -> Flags:  # fmt: skip
    """Runs whose heart rate is their cadence: equal to it over the run, and either following it lap by lap
    or far from what runs of like speed had before, at once or again within days. All arrays one row a
    run (NaN = not observed), ``laps`` in the same order.
    """
    equal = near_steps(hr, spm, gates)
    heat = gates.lock_per_warm_c * np.nan_to_num(np.maximum(0.0, temperature_c - gates.lock_warm_c))
    locked = np.zeros(len(day), dtype=np.bool_)
    apart = np.zeros(len(day), dtype=np.bool_)
    for row in np.flatnonzero(equal):
        if _follows(laps[int(row)], gates):
            locked[row] = True
            continue
        age = day[row] - day
        like = (age > 0) & (age <= gates.lock_like_days) & ~locked & ~np.isnan(hr)
        like &= np.abs(speed - speed[row]) <= gates.lock_like_speed * speed[row]
        if like.sum() < gates.lock_like_runs:
            continue
        more = hr[row] / np.median(hr[like]) - 1.0
        off = max(-more, more - heat[row])
        apart[row] = off >= gates.lock_excess
        again = (apart & (age > 0) & (age <= gates.lock_days)).any()
        locked[row] = off >= gates.lock_excess_alone or (apart[row] and again)
    return locked


def _follows(laps: Sequence[Lap], gates: Gates) -> bool:
    """Whether heart rate goes with the steps, lap after lap."""
    known = [
        (lap.average_hr, lap.cadence_spm, lap.moving_s)
        for lap in laps
        if lap.average_hr is not None and lap.cadence_spm is not None
    ]
    if len(known) < gates.lock_laps:
        return False
    hr, spm, seconds = np.array(known, dtype=np.float64).T
    near = seconds[np.abs(hr - spm) < CLOSE_BPM].sum() > gates.lock_share * seconds.sum()
    if not near or hr.std() == 0 or spm.std() == 0:
        return False
    return bool(np.corrcoef(hr, spm)[0, 1] > gates.lock_correlation)

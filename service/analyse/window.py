"""Columns over the days before a night: their last days, means over what is known, and ramps.

Everything is (days, columns), the newest day last, NaN = not observed.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MAD_TO_SD = 1.4826
"""What a median absolute deviation is multiplied by to be a standard deviation, for normal scatter."""


def lately(values: Floats, days: int, back: int = 0) -> Floats:
    """The last ``days`` rows as they stood ``back`` nights earlier."""
    stop = len(values) - back
    return values[stop - days : stop]


def last_known(values: Floats) -> Floats:
    """The newest known value of each column; NaN if there is none."""
    known = ~np.isnan(values)
    newest = len(values) - 1 - np.argmax(known[::-1], axis=0)
    return np.where(known.any(axis=0), values[newest, np.arange(values.shape[1])], np.nan)


def among_newest(known: Flags, count: int) -> Flags:
    """Which of the known rows are among the ``count`` newest of their column."""
    return np.asarray(known & (np.cumsum(known[::-1], axis=0)[::-1] <= count))


def mean_known(values: Floats) -> Floats:
    """Mean of what is known in each column; NaN if nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def weighted(values: Floats, weights: Floats) -> Floats:
    """Weighted mean over the rows that are known in each column; NaN if none is."""
    seen = ~np.isnan(values)
    total = (weights * seen).sum(axis=0)
    summed = (np.where(seen, values, 0.0) * weights).sum(axis=0)
    return np.where(total > 0, summed / np.maximum(total, 1e-9), np.nan)


def ramp(values: Floats, start: float, full: float) -> Floats:
    """0 up to ``start``, 1 from ``full`` on, straight between; NaN stays NaN."""
    return np.clip((values - start) / (full - start), 0.0, 1.0)


def share_at_most(values: Floats, days: int) -> Floats:
    """Share of the last ``days`` rows, the last row included, that are not above the last row; ties count
    half. ``values`` is (rows, columns), NaN = unknown; a last row that is unknown gives NaN."""
    own = values[-days:]
    with np.errstate(invalid="ignore"):
        below = (own < values[-1]).sum(axis=0) + ((own == values[-1]).sum(axis=0) + 1) / 2
    known = (~np.isnan(own)).sum(axis=0)
    return np.where(np.isnan(values[-1]), np.nan, below / np.maximum(known, 1))

"""Statistics of what lies behind each session: never of what follows it."""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Pick = Callable[[Sequence[float]], float]


def trailing(day: Ints, values: Floats, days: int, need: int, pick: Pick) -> Floats:
    """``pick`` of the sorted known values of each row's last ``days`` days, its own day included.

    Rows are ordered by day; NaN is unknown. NaN where fewer than ``need`` values are known. All rows of
    one day see the same values, so their order within the day does not matter.
    """
    result = np.full(len(day), np.nan)
    if np.isnan(values).all():
        return result
    dates, numbers = day.tolist(), values.tolist()  # plain numbers: this loop is hot
    known: list[float] = []
    oldest = newest = 0
    for index, today in enumerate(dates):
        while newest < len(dates) and dates[newest] <= today:
            if numbers[newest] == numbers[newest]:  # not NaN
                insort(known, numbers[newest])
            newest += 1
        while dates[oldest] <= today - days:
            if numbers[oldest] == numbers[oldest]:
                del known[bisect_left(known, numbers[oldest])]
            oldest += 1
        if len(known) >= max(need, 1):
            result[index] = pick(known)
    return result


def behind(day: Ints, own: Ints, nearest: int, furthest: int) -> tuple[Ints, Flags]:
    """For each of the rows ``own`` the rows between ``nearest`` (not included) and ``furthest`` days before
    it, newest first, as one block (own, rows); and which places of the block hold one. Rows by day."""
    first = np.searchsorted(day, day[own] - furthest, side="left")
    count = np.searchsorted(day, day[own] - nearest, side="left") - first
    place = np.arange(int(count.max(initial=0)))
    return np.maximum((first + count)[:, None] - 1 - place, 0), place < count[:, None]


def quantiles(values: Floats, share: float) -> Floats:
    """Quantile of the known values of each row, linear between neighbours, as ``numpy.nanquantile`` gives
    it but for all rows at once. Every row needs one known value."""
    ordered = np.sort(values, axis=1)  # NaN sorts to the end
    place = share * ((~np.isnan(values)).sum(axis=1) - 1)
    below = place.astype(np.int64)
    above = np.ceil(place).astype(np.int64)
    row = np.arange(len(values))
    low, high, part = ordered[row, below], ordered[row, above], place - below
    return np.asarray(np.where(part < 0.5, low + (high - low) * part, high - (high - low) * (1 - part)))


def median(ordered: Sequence[float]) -> float:
    """The middle of an ordered sequence."""
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def second_highest(ordered: Sequence[float]) -> float:
    """Robust against one artefact; the only value if there is but one."""
    return ordered[-2] if len(ordered) > 1 else ordered[-1]


def highest(ordered: Sequence[float]) -> float:
    """The last of an ordered sequence."""
    return ordered[-1]

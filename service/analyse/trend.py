"""Fitness, fatigue and their balance; the session spike; and ratios that may be charted, never alerted on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


FITNESS_DAYS, FATIGUE_DAYS = 42.0, 7.0
WEEK, MONTH = 7, 28
LEAST_SPREAD = 1e-9  # of the week's squares: less is what sums of equal days leave behind
LEAST_LOAD = 1e-6  # of a month: less is what sums of days of rest leave behind


def gain(tau_days: float) -> float:
    """Daily step of an exponential mean: 1 − e^(−1/τ). Coggan's model solved for whole days; 1/τ is its
    first order, 2/(N+1) another model."""
    return float(1.0 - np.exp(-1.0 / tau_days))


def exponential_mean(load: ArrayLike, tau_days: float, start: ArrayLike) -> Floats:
    """State after each day, along the first axis: y += (load − y)·(1 − e^(−1/τ)), from ``start``.

    ``load`` has shape (days, …); the result too. Fitness (CTL) has τ = 42, fatigue (ATL) τ = 7.
    """
    loads = np.asarray(load, dtype=np.float64)
    step = gain(tau_days)
    state = np.broadcast_to(np.asarray(start, dtype=np.float64), loads.shape[1:]).copy()
    result = np.empty_like(loads)
    for day in range(len(loads)):
        state += (loads[day] - state) * step
        result[day] = state
    return result


def exponential_means(load: Floats, taus_days: Sequence[float], start: Floats) -> Floats:
    """The same of a (days, columns) block for several τ at once: (τ, days, columns), to the last bit.

    Each day is worked out where it is kept, so that many columns cost little more than writing them down.
    """
    step = np.repeat([[gain(tau)] for tau in taus_days], load.shape[1], axis=1)
    result = np.empty((len(load), *step.shape))
    before = np.broadcast_to(start, step.shape)
    for today, state in zip(load, result, strict=True):
        np.subtract(today, before, out=state)
        state *= step
        state += before
        before = state
    return result.transpose(1, 0, 2)


def seeded(load: Floats, seed_days: int) -> tuple[Floats, Floats]:
    """Loads (days, columns) with the unknown days before the first filled by the mean of the first
    ``seed_days`` known ones, and that mean: an exponential mean started
    there stays there until history begins."""
    count, total = np.zeros(load.shape[1]), np.zeros(load.shape[1])
    for today in load:
        early = ~np.isnan(today) & (count < seed_days)
        total += np.where(early, today, 0.0)
        count += early
        if (count >= seed_days).all():
            break
    seed = total / np.maximum(count, 1)
    unknown = np.isnan(load)
    return np.where(unknown, seed, load) if unknown.any() else load, seed


def monotony(load: ArrayLike, ddof: int = 1) -> float | None:
    """Mean daily load over its spread, rest days included; ``None`` if no day differs. Foster 1998."""
    loads = np.asarray(load, dtype=np.float64)
    spread = float(loads.std(ddof=ddof))
    return float(loads.mean()) / spread if spread > 1e-12 * max(1.0, float(np.abs(loads).max())) else None


def strain(load: ArrayLike, ddof: int = 1) -> float | None:
    """Load of the week × monotony. Foster 1998."""
    value = monotony(load, ddof)
    return None if value is None else float(np.sum(load)) * value


def acute_chronic(load: ArrayLike, *, coupled: bool = True) -> float | None:
    """Mean of the last 7 days over that of 28 (coupled) or of the 21 before (uncoupled). For charts only:
    in runners it is no sign of risk (Frandsen et al. 2025)."""
    loads = np.asarray(load, dtype=np.float64)[-28:]
    chronic = float((loads if coupled else loads[:-7]).mean())
    return float(loads[-7:].mean()) / chronic if chronic > 0 else None


def acute_chronic_ewma(load: Sequence[float]) -> float | None:
    """Ratio of exponential means of 7 and 28 days, λ = 2/(N+1), from the first load. Williams 2017."""
    loads = np.asarray(load, dtype=np.float64)
    means = [loads[0], loads[0]]
    for value in loads[1:]:
        means = [mean + (value - mean) * 2 / (days + 1) for mean, days in zip(means, (7, 28), strict=True)]
    return float(means[0] / means[1]) if means[1] > 0 else None


def season(load: Floats, start: Floats, out: Floats | None = None) -> Floats:
    """Six figures of every day, (days, 6, columns), from daily loads (days, columns): fitness and fatigue
    from ``start`` (columns), their balance, the coupled ratio of 7 to 28 days, monotony and strain; NaN where
    a window is not whole or says nothing. For charts: only the first three are judged. ``out`` is filled and
    returned if given; who has many athletes uses one for all.

    Windows are sums that move on by a day, each day in place: twenty times less memory passes by than over
    whole arrays.
    """
    columns = load.shape[1]
    found = np.empty((len(load), 6, columns)) if out is None else out
    step = np.repeat([[gain(FITNESS_DAYS)], [gain(FATIGUE_DAYS)]], columns, axis=1)
    week, month, squares, spread, least = np.zeros((5, columns))
    alike = np.empty(columns, dtype=np.bool_)
    before = np.broadcast_to(start, step.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        for day, (today, row) in enumerate(zip(load, found, strict=True)):
            np.subtract(today, before, out=row[:2])
            row[:2] *= step
            row[:2] += before
            before = row[:2]
            np.subtract(row[0], row[1], out=row[2])
            week += today
            month += today
            squares += np.square(today, out=spread)
            if day >= WEEK:
                gone = load[day - WEEK]
                week -= gone
                squares -= np.square(gone, out=spread)
            if day >= MONTH:
                month -= load[day - MONTH]
            np.divide(week, month, out=row[3])
            row[3] *= MONTH / WEEK
            np.copyto(row[3], np.nan, where=np.less(month, LEAST_LOAD, out=alike))
            np.multiply(week, week, out=spread)
            spread *= -1 / WEEK
            spread += squares
            spread *= 1 / (WEEK - 1)
            np.multiply(squares, LEAST_SPREAD, out=least)
            np.copyto(spread, np.nan, where=np.less(spread, least, out=alike))
            np.sqrt(spread, out=spread)
            np.divide(week, spread, out=row[4])
            row[4] *= 1 / WEEK
            np.multiply(week, row[4], out=row[5])
    found[: MONTH - 1, 3] = np.nan
    found[: WEEK - 1, 4:] = np.nan
    return found


def weekly_progression(previous: float, this: float) -> float | None:
    """Change of a week on the one before, as a share."""
    return this / previous - 1.0 if previous > 0 else None


def before(start_s: Floats, values: Floats, days: int, eligible: Flags) -> tuple[Floats, Ints]:
    """For each session the greatest value of the eligible ones that *started* in the ``days`` × 24 h before
    it, and how many there were. Sessions come by start; none sees itself or a simultaneous one."""
    first = np.searchsorted(start_s, start_s - days * 86_400.0, side="left")
    until = np.searchsorted(start_s, start_s, side="left")
    known = np.where(eligible, values, -np.inf)
    pairs = np.stack((first, until), axis=1).ravel()  # each window from its first row up to its own
    greatest = np.where(until > first, np.maximum.reduceat(np.append(known, -np.inf), pairs)[::2], -np.inf)
    total = np.concatenate(([0], np.cumsum(eligible)))
    return np.where(np.isneginf(greatest), np.nan, greatest), (total[until] - total[first]).astype(np.int64)


def above_tenths(value: Floats, baseline: Floats, tenths: int) -> Flags:
    """Whether value > tenths/10 × baseline, in whole metres: 16,500 is not more than 1.1 × 15,000."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.rint(value) * 10 > np.rint(baseline) * tenths)

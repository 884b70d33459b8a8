"""The control rows of the warning bench: rivals' load rules on the very loads that our rules see.

Every rule is a function from daily loads (days, runners) to a score (days, runners) that uses the days up
to its own row; its state turns on above a threshold. Recursive means start at the mean of the first 42 days.
``AS_CODED`` has the thresholds the rivals ship, ``SCORES`` those that are given a common false-alarm budget.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from service.analyse.trend import gain

Floats = np.ndarray
Rule = Callable[[Floats], Floats]
WARM_START = 42
HALF_YEAR = 112
"""Sixteen weeks of own past."""


def _smoothed(load: Floats, alpha: float) -> Floats:
    state = load[:WARM_START].mean(axis=0)
    out = np.empty_like(load)
    for day, value in enumerate(load):
        state = state + (value - state) * alpha
        out[day] = state
    return out


def _sums(load: Floats, days: int, lag: int = 0) -> Floats:
    """Sum of ``days`` rows that end ``lag`` rows before each row; short at the beginning."""
    total = np.concatenate((np.zeros((1, load.shape[1])), np.cumsum(load, axis=0)))
    until = np.maximum(np.arange(len(load)) + 1 - lag, 0)
    return total[until] - total[np.maximum(until - days, 0)]


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 1e-9)


def _ewma_ratio(load: Floats) -> Floats:
    return _ratio(_smoothed(load, gain(7)), _smoothed(load, gain(42)))


def _balance(load: Floats, fast: float, slow: float) -> Floats:
    """Fatigue less fitness: the negative of TSB."""
    return _smoothed(load, fast) - _smoothed(load, slow)


def _span(days: int) -> float:
    return 2 / (days + 1)


def _week_on_base(load: Floats, days: int) -> Floats:
    """Mean of the last days over that of the 42 days before them."""
    return _ratio(_sums(load, days) / days, _sums(load, 42, days) / 42)


def _own(values: Floats, pick: Callable[[Floats], Floats]) -> Floats:
    """``pick`` over the sixteen weeks before each row; NaN until they are there."""
    out = np.full_like(values, np.nan)
    windows = sliding_window_view(values, HALF_YEAR, axis=0)
    out[HALF_YEAR:] = pick(windows[:-1])
    return out


def _own_z(values: Floats) -> Floats:
    logs = np.log(np.maximum(values, 1e-6))
    mean, spread = _own(logs, lambda w: w.mean(axis=-1)), _own(logs, lambda w: w.std(axis=-1))
    return (logs - mean) / np.maximum(spread, 1e-6)


def _over_own_top(values: Floats) -> Floats:
    return values / np.maximum(_own(values, lambda w: w.max(axis=-1)), 1e-6)


def _less_same_weekday(load: Floats) -> Floats:
    ratio = _ewma_ratio(load)
    out = np.full_like(ratio, np.nan)
    weeks = np.stack([ratio[56 - 7 * back : len(ratio) - 7 * back] for back in range(1, 9)])
    out[56:] = ratio[56:] - np.median(weeks, axis=0)
    return out


def _monotony(load: Floats) -> Floats:
    windows = sliding_window_view(load, 7, axis=0)
    spread = windows.std(axis=-1, ddof=1)
    out = np.zeros_like(load)
    out[6:] = _ratio(windows.mean(axis=-1), spread)
    return out


AS_CODED: Mapping[str, tuple[Rule, float]] = {
    "Dreeve A:C > 1.3": (_ewma_ratio, 1.3),
    "Dreeve TSB < -30": (lambda x: _balance(x, gain(7), gain(42)), 30),
    "FitOps TSB < -20": (lambda x: _balance(x, _span(7), _span(42)), 20),
    "FitOps ACWR > 1.5": (lambda x: _ratio(_smoothed(x, _span(7)), _smoothed(x, _span(42))), 1.5),
    "FitOps ACWR > 1.3": (lambda x: _ratio(_smoothed(x, _span(7)), _smoothed(x, _span(42))), 1.3),
    "coupled 7/28 > 1.5": (lambda x: _ratio(_sums(x, 7) / 7, _sums(x, 28) / 28), 1.5),
    "uncoupled 7/21 > 1.5": (lambda x: _ratio(_sums(x, 7) / 7, _sums(x, 21, 7) / 21), 1.5),
    "week + 15 %": (lambda x: _ratio(_sums(x, 7), _sums(x, 7, 7)), 1.15),
    "trainingload TSB < -20": (lambda x: _balance(x, 1 / 7, 1 / 42), 20),
    "monotony >= 2": (_monotony, 2.0),
}

SCORES: Mapping[str, Rule] = {
    "EWMA ratio, one threshold for all": _ewma_ratio,
    "7 days / 42 before": lambda x: _week_on_base(x, 7),
    "EWMA ratio - same weekday, 8 weeks": _less_same_weekday,
    "own z of log 7 / 42 days": lambda x: _own_z(_week_on_base(x, 7)),
    "own z of log 14 / 42 days": lambda x: _own_z(_week_on_base(x, 14)),
    "own z of log EWMA ratio": lambda x: _own_z(_ewma_ratio(x)),
    "EWMA ratio / own 16-week maximum": lambda x: _over_own_top(_ewma_ratio(x)),
    "7-day ratio / own 16-week maximum": lambda x: _over_own_top(_week_on_base(x, 7)),
    "week on week": lambda x: _ratio(_sums(x, 7), _sums(x, 7, 7)),
    "monotony": _monotony,
}


def onsets(state: Floats, cooldown: int) -> Floats:
    """Rows where a state turns on, at least ``cooldown`` days after the onset before: (days, runners)."""
    rises = state & ~np.concatenate((np.zeros((1, state.shape[1]), bool), state[:-1]))
    last = np.full(state.shape[1], -cooldown)
    for day, row in enumerate(rises):
        row &= day - last >= cooldown
        last[row] = day
    return rises


def threshold(score: Floats, years: float, budget: float, cooldown: int) -> float:
    """The lowest threshold above which a steady group has at most ``budget`` onsets a year."""
    low, high = np.nanquantile(score, 0.5), np.nanmax(score) + 1e-9
    for _ in range(30):
        middle = (low + high) / 2
        if onsets(score > middle, cooldown).sum() / years > budget:
            low = middle
        else:
            high = middle
    return float(high)

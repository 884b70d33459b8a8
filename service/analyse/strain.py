"""Whether two weeks of training stand above the athlete's own past: free of scale, and blind to weekdays.

Two distances from the own normal, averaged. First: are training days larger than they were? The mean log load
of the training days of two weeks against that of the twelve weeks before, in standard errors of that mean:
a skipped run says nothing here, and over whole weeks the kinds of runs cancel. Second: is there more in
sum? The log of fatigue over fitness against its own sixteen weeks, in spreads. On made-up runners with
distance alone the first sees a block of more load sooner than any ratio at the same number of false
starts (``make bench-warnings``); the second adds what comes as more runs instead of longer ones.
"""

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.analyse.score import State

Floats = NDArray[np.float64]


def strain_z(columns: Columns, state: State, c: Constants, rows: int) -> Floats:
    """Shape (rows, columns): the last ``rows`` days, yesterday last; NaN while there is too little past."""
    return (_larger_days(columns["load"], c, rows) + _more_in_sum(columns, state, c, rows)) / 2


def _larger_days(load: Floats, c: Constants, rows: int) -> Floats:
    o = c.overreaching
    trained = load > 0  # NaN, before history, is not
    logs = np.where(trained, np.log(np.where(trained, load, 1.0)), 0.0)
    recent_n, recent = _sums(trained, o.recent_days, 0, rows), _sums(logs, o.recent_days, 0, rows)
    base_n, base = (_sums(each, o.base_days, o.recent_days, rows) for each in (trained, logs))
    squares = _sums(np.square(logs), o.base_days, o.recent_days, rows)
    enough = (recent_n >= o.recent_needed) & (base_n >= o.base_needed)
    mean = base / np.maximum(base_n, 1)
    variance = np.maximum(squares / np.maximum(base_n, 1) - np.square(mean), np.square(o.log_spread_floor))
    error = np.sqrt(variance / np.maximum(recent_n, 1))
    return np.where(enough, (recent / np.maximum(recent_n, 1) - mean) / error, np.nan)


def _more_in_sum(columns: Columns, state: State, c: Constants, rows: int) -> Floats:
    o = c.overreaching
    known = ~np.isnan(columns["load"])
    floor = c.score.balance_floor
    ratio = np.log(np.maximum(state.fatigue, floor) / np.maximum(state.fitness, floor))
    ratio = np.where(known, ratio, 0.0)
    count = _sums(known, o.own_days, 1, rows)
    mean = _sums(ratio, o.own_days, 1, rows) / np.maximum(count, 1)
    variance = _sums(np.square(ratio), o.own_days, 1, rows) / np.maximum(count, 1) - np.square(mean)
    spread = np.sqrt(np.maximum(variance, np.square(o.log_spread_floor / 2)))
    return np.where(count >= c.fatigue.days_needed, (ratio[-rows:] - mean) / spread, np.nan)


def _sums(values: NDArray[np.generic], days: int, lag: int, rows: int) -> Floats:
    """Sums over ``days`` rows that end ``lag`` rows before each of the last ``rows``."""
    needed = values[-(rows + lag + days) :].astype(np.float64)
    total = np.vstack((np.zeros((1, needed.shape[1])), np.cumsum(needed, axis=0)))
    until = np.arange(len(needed) - rows, len(needed)) + 1 - lag
    found: Floats = total[until] - total[until - days]
    return found

"""Until when easy days help, and how much today leaves the balance as it is: the model solved ahead.

Balance is fitness less fatigue over fitness. With the same load L every day both states are known in closed
form, y(n) = L + (y − L)·e^(−n/τ), so nothing is simulated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from service.analyse.constants import Constants
from service.analyse.trend import gain

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forecast:
    """One value a column. ``load``: the largest load of today (100 = one hour at threshold) after which
    the balance still holds; days of rest and of easy load until it holds again (0 = it does, NaN = not
    within the horizon or fitness unknown)."""

    load: Floats
    rest_days: Floats
    easy_days: Floats


def forecast(fitness: Floats, fatigue: Floats, c: Constants) -> Forecast:
    """From the states of this morning."""
    easy = c.forecast.easy_share * fitness
    return Forecast(
        largest_load(fitness, fatigue, c),
        days_until_balanced(fitness, fatigue, np.zeros_like(fitness), c),
        days_until_balanced(fitness, fatigue, easy, c),
    )


def after(state: ArrayLike, load: ArrayLike, days: ArrayLike, tau_days: float) -> Floats:
    """The state after so many days of the same load."""
    y, daily, n = (np.asarray(x, dtype=np.float64) for x in (state, load, days))
    return np.asarray(daily + (y - daily) * np.exp(-n / tau_days))


def largest_load(fitness: Floats, fatigue: Floats, c: Constants) -> Floats:
    """Solves (1 − b)·fitness' = fatigue' for today's load, b the balance that holds; 0 if rest is too
    much already, NaN without fitness."""
    slow, fast = gain(c.trend.fitness_days), gain(c.trend.fatigue_days)
    allowed = 1.0 - c.forecast.balanced
    room = allowed * fitness * (1.0 - slow) - fatigue * (1.0 - fast)
    return np.where(fitness > 0, np.maximum(0.0, room / (fast - allowed * slow)), np.nan)


def days_until_balanced(fitness: Floats, fatigue: Floats, load: Floats, c: Constants) -> Floats:
    """Days of ``load`` each until the balance holds; 0 if it does, NaN if not within the horizon."""
    days = np.arange(c.forecast.horizon_days + 1)[:, None]
    fit = after(fitness, load, days, c.trend.fitness_days)
    tired = after(fatigue, load, days, c.trend.fatigue_days)
    holds = tired <= (1.0 - c.forecast.balanced) * fit + 1e-9
    known = holds.any(axis=0) & (fitness > 0)
    return np.where(known, np.argmax(holds, axis=0), np.nan)

"""Weeks of more training beside a week of mornings that stay low: one statistic of both.

A single hard day and two poor nights meet by chance about once a year. Two weeks of larger days than the
athlete's own past, and a mean of seven mornings below the own mean, hardly ever do: each is a mean, each is
set beside its own scatter, and the two are independent of one another in ordinary weeks. So they are added
as such numbers are (Stouffer): z = (mornings + load) / √2, and both have to speak.
"""

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.analyse.score import State
from service.analyse.strain import strain_z
from service.analyse.window import ramp

Floats = NDArray[np.float64]


def hard_weeks(columns: Columns, state: State, c: Constants) -> Floats:
    """How strongly the two speak together, one value a column: nothing below where channels agree, or the
    weeks would count in verdicts that do not tell of them; 0 where either was not seen."""
    f = c.fatigue
    mornings = np.nan_to_num(state.answer_week) / f.week_spread
    load = np.nan_to_num(strain_z(columns, state, c, 1)[-1])
    both = np.where(np.minimum(mornings, load) >= f.weeks_each, (mornings + load) / np.sqrt(2.0), 0.0)
    strength = ramp(both, f.weeks_from, f.weeks_full)
    return np.where(strength >= c.fusion.agreeing, strength, 0.0)

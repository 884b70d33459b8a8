"""Whether strength work is recorded: never a reason to write, a block to teach."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.domain.history import Profile, StrengthHabit

DOES_IT = frozenset({StrengthHabit.SOMETIMES, StrengthHabit.WEEKLY})


WEEKS = 12
"""Long enough to see a block of six weeks, short enough that it still counts."""


def weeks_with_strength(columns: Columns) -> NDArray[np.int64]:
    """Of the last twelve weeks of each column, those with a strength session on record."""
    days = np.nan_to_num(columns["strength"][-7 * WEEKS :]).reshape(WEEKS, 7, -1)
    return np.asarray((days.sum(axis=1) > 0).sum(axis=0), dtype=np.int64)


def no_strength_recorded(columns: Columns, profiles: Sequence[Profile], c: Constants) -> NDArray[np.bool_]:
    """True where a runner has no strength session on record and has not said that they do some elsewhere.
    "None recorded" is not "none done"."""
    days = c.strength.window_days
    none = np.nansum(columns["strength"][-days:], axis=0) == 0
    runs = np.nansum(columns["runs"][-days:], axis=0) >= c.strength.runs_needed
    elsewhere = np.array([profile.strength_habit in DOES_IT for profile in profiles], dtype=np.bool_)
    return np.asarray(none & runs & ~elsewhere)

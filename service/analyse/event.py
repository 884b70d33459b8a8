"""Which runs were events: races, marked or not."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.analyse.trend import above_tenths
from service.analyse.window import lately

Floats = NDArray[np.float64]


def longest_of_months(columns: Columns, days: int, c: Constants) -> Floats:
    """The longest run of the months before each of the last days."""
    months = c.contexts.event_days
    metres = np.nan_to_num(lately(columns["longest_m"], days + months))
    return np.asarray(sliding_window_view(metres[:-1], months, axis=0)[-days:].max(axis=-1))


def raced_m(columns: Columns, days: int, c: Constants) -> Floats:
    """Metres raced on each of the last days, 0 on the others: marked as a race, or plainly an event.

    That is a marathon or more, and several times anything of the months before. Nobody does it as one more
    long run, whatever the recording says, and who did it knows how long it was. A run twice as long as usual
    is no such thing: there the warning is wanted (Frandsen et al. 2025).
    """
    x = c.contexts
    marked = np.nan_to_num(lately(columns["race_m"], days))
    longest, before = np.nan_to_num(lately(columns["longest_m"], days)), longest_of_months(columns, days, c)
    event = (longest >= x.event_m) & (before > 0) & above_tenths(longest, before, x.event_tenths)
    return np.where(event, np.maximum(marked, longest), marked)

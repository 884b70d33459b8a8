"""Long runs that fade. Slower late with a heart that beats no faster points to fuel or to tired muscles; with
one that beats faster, to heat or fluid. That reading is ours and unvalidated: it chooses the question.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.drift import Drift
from service.analyse.sessions import Sessions

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAWN_HOUR = 3.0  # who runs earlier has not slept yet


@dataclass(frozen=True, slots=True)
class Fuelling:
    """One row a session, NaN where it cannot be told. ``strength`` after a long run that faded as others
    lately did; ``faded`` how many of the last long runs so faded; ``early`` how many runs of theirs
    began too early for a breakfast."""

    strength: Floats
    faded: Floats
    early: Floats


def fuelling_of(sessions: Sessions, drift: Drift, start_hidden: Flags, since: int, c: Constants) -> Fuelling:
    """Judged for long runs with splits and heart rate from the day ``since`` (ordinal) on.
    ``start_hidden`` marks those whose hour is not true."""
    f = c.fuelling
    strength, faded, early = (np.full(len(sessions), np.nan) for _ in range(3))
    with np.errstate(invalid="ignore"):
        long = sessions.is_run & ~sessions.indoor & (sessions.minutes >= f.long_min)
        told = long & ~np.isnan(drift.slowed) & ~np.isnan(drift.hr_rise)
        fades = told & (drift.slowed >= f.fade) & (drift.hr_rise <= f.hr_rise)
    fasted = likely_fasted(sessions, start_hidden, c)
    runs = np.flatnonzero(told)
    for at in np.flatnonzero(sessions.day[runs] >= since).tolist():
        row = runs[at]
        last = runs[: at + 1][-f.of_runs :]
        last = last[sessions.day[row] - sessions.day[last] <= f.within_days]
        faded[row], early[row] = fades[last].sum(), fasted[last].sum()
        strength[row] = f.strength if fades[row] and faded[row] >= f.faded_runs else 0.0
    return Fuelling(strength, faded, early)


def likely_fasted(sessions: Sessions, start_hidden: Flags, c: Constants) -> Flags:
    """Runs of an hour or more that began before breakfast, where the hour of the start is known."""
    local = (sessions.start_s + sessions.utc_offset_s) % 86_400 / 3600
    early = (local >= DAWN_HOUR) & (local < c.fuelling.early_hour)
    return np.asarray(sessions.is_run & ~start_hidden & early & (sessions.minutes >= c.fuelling.early_min))

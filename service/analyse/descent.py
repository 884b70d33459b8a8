"""Downhill running: the dose of muscle soreness that heart rate cannot see."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.kilometres import Kilometres
from service.analyse.sessions import Sessions

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Descents:
    """One row a session, NaN where it cannot be told: metres down in steep kilometres, the most of the
    baseline before it, and the strength of a dose that the legs are not used to (0 = an ordinary one).

    A kilometre's mean slope hides the hills within it, so the dose is a lower bound.
    """

    metres: Floats
    most: Floats
    strength: Floats


def descents_of(kilometres: Kilometres, sessions: Sessions, since: int, c: Constants) -> Descents:
    """Descent where the mean grade of the kilometre is steep, beside the own most of six weeks. Byrnes et
    al. 1985: one bout downhill protects for about that long. Judged from the day ``since`` (ordinal) on."""
    d = c.descent
    known = np.bincount(kilometres.run[~np.isnan(kilometres.climb_m)], minlength=len(sessions)) > 0
    steep = np.nan_to_num(kilometres.climb_m / kilometres.metres) <= d.grade
    metres = np.where(known, -kilometres.total(kilometres.climb_m, steep), np.nan)
    runs = np.flatnonzero(sessions.is_run & ~sessions.indoor)
    most, strength = np.full(len(sessions), np.nan), np.full(len(sessions), np.nan)
    for row in runs[known[runs] & (sessions.day[runs] >= since)].tolist():
        age = sessions.day[row] - sessions.day[runs]
        past = metres[runs[(age > 0) & (age <= d.baseline_days)]]
        seen = ~np.isnan(past)
        if seen.sum() < d.runs_needed or seen.mean() < d.altitude_share:
            continue
        most[row] = past[seen].max()
        novel = metres[row] >= d.dose_m and metres[row] >= d.above * most[row]
        strength[row] = d.strength if novel else 0.0
    return Descents(metres, most, strength)

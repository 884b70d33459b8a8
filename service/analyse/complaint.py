"""What the athlete says, in answers and in perceived exertion; and heart rate, read only beside it.

Overreaching lowers heart rate as fitness does (Bosquet 2008, Le Meur 2013), and heat or coffee raises it. A
heart rate that moved says nothing by itself: it counts beside legs that feel worse or runs that felt harder.
"""

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.analyse.fusion import surprise
from service.analyse.window import last_known, lately, mean_known, ramp

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def said(columns: Columns, drop_in_spreads: Floats, c: Constants) -> Floats:
    """Strength of the last answers: their drop below the own mean; until that is known, a low rating."""
    f = c.fatigue
    drop = ramp(drop_in_spreads, f.answer_from, f.answer_full)
    fresh = [last_known(lately(columns[name], c.answers.fresh_days)) for name in ("soreness", "legs")]
    lowest = np.fmin(*fresh)
    low = np.where(np.isnan(lowest), np.nan, np.where(lowest <= c.answers.low_rating, f.low_answer, 0.0))
    return np.where(np.isnan(drop), low, drop)


def tempered(columns: Columns, answers: Floats, c: Constants) -> Floats:
    """The strength of the answers beside the athlete's other word: rated runs of the last days that felt no
    harder than runs like them speak against poor mornings. They never add to them: a hard day feels hard."""
    harder = ramp(mean_known(lately(columns["exertion_shift"], c.effort.recent_days)), 0.0, c.effort.full)
    mixed = (1.0 - c.effort.weight) * answers + c.effort.weight * harder
    return np.where(np.isnan(harder), answers, np.fmin(answers, mixed))


def felt_harder(columns: Columns, c: Constants, runs: int, back: int = 0) -> Floats:
    """1 where at least ``runs`` of the last days' rated runs felt harder than runs like them, 0 where not,
    NaN where none could be told; ``back`` nights earlier if asked."""
    felt = lately(columns["exertion_shift"], c.effort.recent_days, back)
    shifted = (np.nan_to_num(felt) >= c.effort.shift_needed).sum(axis=0) >= runs
    return np.where((~np.isnan(felt)).any(axis=0), shifted * 1.0, np.nan)


def complains(columns: Columns, answers: Floats, c: Constants) -> Flags:
    """Whether the last answers are low, or a run of the last days felt harder than runs like it."""
    low = np.nan_to_num(answers) >= c.fusion.agreeing
    return np.asarray(low | (np.nan_to_num(felt_harder(columns, c, 1)) > 0))


def heart_rate_strength(shift: Floats, z: Floats, complaint: Flags, c: Constants) -> Floats:
    """A shift in either direction, where it is beyond both noise and measuring error and stands beside a
    complaint. NaN = not seen, or moved without a word that would tell what it means."""
    h = c.heart_rate
    beyond = (np.abs(z) >= h.z_needed) & (np.abs(shift) >= h.shift_needed)
    strength = np.where(beyond, surprise(z), 0.0)
    return np.where(np.isnan(z) | (beyond & ~complaint), np.nan, strength)

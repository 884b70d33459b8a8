"""Critical speed from training, a lower bound; minutes above it; and the decline of hard efforts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from service.analyse.constants import Constants
from service.analyse.kilometres import Kilometres
from service.analyse.load import Loads
from service.analyse.sessions import Sessions
from service.analyse.trailing import trailing
from service.domain.history import Profile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEAR_LENGTH = 0.1  # splits that make up a distance do so within a tenth
SHARE_WITH_SPLITS = 0.8  # of the runs of the season, before minutes from splits are mixed with others


@dataclass(frozen=True, slots=True)
class Speeds:
    """One row a session, NaN where it cannot be told. ``critical_mps`` is a lower bound in force on that
    day; ``performance`` the flat speed of a hard effort over the median of like hard runs before it,
    less one: −0.02 and lower is a decline."""

    critical_mps: Floats
    hard_min: Floats
    performance: Floats


def critical_speed(metres: ArrayLike, seconds: ArrayLike) -> tuple[Floats, Floats]:
    """Slope (m/s) and intercept D′ (m) of distance over time, least squares along the first axis.

    Monod and Scherrer 1965; from training Smyth and Muniz-Pumares 2020. Training efforts are not
    maximal: the slope is a lower bound, and a line through three points says nothing of its own quality.
    """
    d, t = np.broadcast_arrays(np.asarray(metres, dtype=np.float64), np.asarray(seconds, dtype=np.float64))
    dt, dd = t - t.mean(axis=0), d - d.mean(axis=0)
    slope = (dt * dd).sum(axis=0) / np.square(dt).sum(axis=0)
    return np.asarray(slope), np.asarray(d.mean(axis=0) - slope * t.mean(axis=0))


def polarization(time_in_zones: Sequence[float]) -> float:
    """log10(Z1 / Z2 · Z3 · 100) of the shares of time below, between and above the two thresholds; above 2
    is called polarised. Treff et al. 2019. For charts; 0 where nothing was hard or nothing between."""
    easy, between, hard = time_in_zones
    return float(np.log10(easy / between * hard * 100)) if min(easy, between, hard) > 0 else 0.0


def speeds_of(
    kilometres: Kilometres, sessions: Sessions, loads: Loads, profile: Profile, since: int, c: Constants
) -> Speeds:
    """Critical speed of the last weeks before each session, hard minutes, and hard efforts from the day
    ``since`` (ordinal) on."""
    if len(kilometres) == 0:
        unknown = np.full(len(sessions), np.nan)
        return Speeds(unknown, loads.hard_min, _performance(sessions, loads, since, c))
    critical = _critical(kilometres, sessions, c)
    return Speeds(
        critical,
        _hard_minutes(kilometres, sessions, loads, critical, profile, c),
        _performance(sessions, loads, since, c),
    )


def _critical(kilometres: Kilometres, sessions: Sessions, c: Constants) -> Floats:
    s = c.speed
    lengths = np.array([s.short_m, s.middle_m, s.long_m])
    best = np.vstack([_fastest(kilometres, sessions, metres, c) for metres in lengths])
    lately = [trailing(sessions.day, row, s.window_days, s.runs_needed, partial(_best, c)) for row in best]
    return critical_speed(lengths[:, None], lengths[:, None] / np.vstack(lately))[0]


def _fastest(kilometres: Kilometres, sessions: Sessions, metres: float, c: Constants) -> Floats:
    """Flat speed of the fastest stretch of that length in each session."""
    count = round(metres / 1000)
    best = np.full(len(sessions), np.nan)
    if len(kilometres) >= count:
        first, last = np.arange(len(kilometres) - count + 1), np.arange(count - 1, len(kilometres))
        whole = kilometres.run[first] == kilometres.run[last]
        whole &= kilometres.place[last] - kilometres.place[first] == count - 1
        length, seconds, climb, flat = (
            np.convolve(values, np.ones(count), mode="valid")
            for values in (
                kilometres.metres, kilometres.seconds, np.nan_to_num(kilometres.climb_m),
                kilometres.flat_mps * kilometres.seconds,
            )
        )  # fmt: skip
        whole &= np.abs(length - metres) <= NEAR_LENGTH * metres
        rows = np.flatnonzero(whole & (climb >= c.speed.downhill * length))
        np.fmax.at(best, kilometres.run[first[rows]], flat[rows] / seconds[rows])
    return best


def _best(c: Constants, ordered: Sequence[float]) -> float:
    """The highest, unless it is far above the next: a leap of the position, not of fitness."""
    return ordered[-1] if ordered[-1] <= c.speed.leap * ordered[-2] else ordered[-2]


def _hard_minutes(
    kilometres: Kilometres, sessions: Sessions, loads: Loads, critical: Floats, profile: Profile, c: Constants
) -> Floats:
    """Minutes of a session that was hard as a whole; of others, where nearly all runs of the season have
    splits, those of the kilometres that were: by heart rate, or above critical speed where that is not
    known or has no known threshold."""
    threshold = np.full(len(sessions), float(profile.threshold_hr or 0)) if profile.threshold_hr else (
        c.load.threshold_of_max * loads.hr_max
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        zones = loads.zones[kilometres.run]
        by_heart = zones & (kilometres.hr >= c.load.hard_of_threshold * threshold[kilometres.run])
        blind = np.isnan(kilometres.hr) | ~zones
        by_speed = blind & (kilometres.flat_mps > critical[kilometres.run])
    parts = kilometres.total(kilometres.seconds, by_heart | by_speed) / 60
    usable = _share_seen(kilometres, sessions, c) >= SHARE_WITH_SPLITS
    return np.where(loads.hard_min > 0, loads.hard_min, np.where(usable, parts, 0.0))


def _share_seen(kilometres: Kilometres, sessions: Sessions, c: Constants) -> Floats:
    """Share of the runs of the season up to each session that have splits."""
    seen = np.where(sessions.is_run & ~sessions.indoor, kilometres.seen * 1.0, np.nan)
    return trailing(sessions.day, seen, c.fatigue.hard_window_days, c.speed.runs_needed, _mean)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _performance(sessions: Sessions, loads: Loads, since: int, c: Constants) -> Floats:
    s = c.speed
    found = np.full(len(sessions), np.nan)
    able = sessions.is_run & ~sessions.indoor & ~np.isnan(loads.flat_mps)
    with np.errstate(invalid="ignore"):
        tried = able & (sessions.race | (sessions.perceived_exertion >= s.effort_rpe))
        hard = np.flatnonzero(able & (sessions.race | (sessions.perceived_exertion >= s.hard_rpe)))
    for row in np.flatnonzero(tried & (sessions.day >= since)).tolist():
        age = sessions.day[row] - sessions.day[hard]
        like = hard[(age > s.exclude_days) & (age <= s.window_days)]
        near = np.abs(sessions.distance_m[like] / sessions.distance_m[row] - 1.0) <= s.matched_distance
        if near.sum() >= s.matched_runs:
            found[row] = loads.flat_mps[row] / np.median(loads.flat_mps[like[near]]) - 1.0
    return found

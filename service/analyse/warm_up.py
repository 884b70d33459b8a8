"""The first minutes: fast running without an easy beginning, and runs that stop at about the same point.

That warming up keeps legs from getting heavy is not shown, and traffic lights stop runners too: both are a
tip or a question, never a reason to write. Only splits show them; a whole run's pauses do not say when.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.kilometres import Kilometres
from service.analyse.load import Loads
from service.analyse.sessions import Sessions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SAME_START_S = 60.0  # a joined session's longest recording that begins later had a run before it


@dataclass(frozen=True, slots=True)
class WarmUp:
    """One row a session, NaN where it cannot be told: ``straight`` 1 where a fast session began fast, 0
    where not; ``opening`` its first minutes' speed over that of the work; ``stop_min`` when the run first
    stopped; ``stops`` how many of the last runs did so at about the same point (0 = no pattern)."""

    straight: Floats
    opening: Floats
    stop_min: Floats
    stops: Floats


def warm_up_of(
    kilometres: Kilometres, sessions: Sessions, loads: Loads, critical_mps: Floats, part_start_s: Floats,
    since: int, c: Constants,
) -> WarmUp:  # fmt: skip
    """Judged for runs with splits from the day ``since`` (ordinal) on. ``part_start_s`` is the start of the
    recording whose splits they are."""
    if len(kilometres) == 0:
        unknown = np.full(len(sessions), np.nan)
        return WarmUp(unknown, unknown, unknown, unknown)
    opening = _opening(kilometres, sessions, loads, critical_mps, c)
    cold = np.nan_to_num(sessions.temperature_c, nan=np.inf) <= c.warm_up.cold_c
    limit = np.where(cold, c.warm_up.opening_cold, c.warm_up.opening)
    alone = _alone(sessions, part_start_s, c)
    straight = np.where(kilometres.seen, (np.nan_to_num(opening) >= limit) & alone, np.nan)
    stop_min, stop_m = _first_stop(kilometres, c)
    return WarmUp(straight, opening, stop_min, _pattern(stop_min, stop_m, kilometres, sessions, since, c))


def _opening(
    kilometres: Kilometres, sessions: Sessions, loads: Loads, critical_mps: Floats, c: Constants
) -> Floats:
    """Speed of the first minutes over that of the fast work which begins soon after; NaN of other runs.
    Fast is near critical speed and well above the own usual, as easy training makes the former too low."""
    w, km = c.warm_up, kilometres
    usual = loads.usual_mps
    with np.errstate(invalid="ignore"):
        needed = np.fmax(w.of_critical * critical_mps, w.above_usual * usual)
        needed = np.where(np.isnan(critical_mps) | np.isnan(usual), np.inf, needed)
    begins = km.began_s < w.within_min * 60
    first = np.where(km.total(km.seconds, begins & (km.flat_mps >= needed[km.run])) > 0, 1.0, 0.0)
    work = km.flat_mps >= needed[km.run]
    enough = km.total(km.seconds, work) >= w.work_min * 60
    early = km.mean(km.flat_mps, km.began_s < w.opening_min * 60)
    return np.where((first > 0) & enough, early / km.mean(km.flat_mps, work), np.nan)


def _alone(sessions: Sessions, part_start_s: Floats, c: Constants) -> Flags:
    """No easy run recorded apart just before, and the start of day known well enough to say so."""
    end = sessions.start_s + sessions.elapsed_s
    gap = np.full(len(sessions), np.inf)
    runs = np.flatnonzero(sessions.is_run)
    gap[runs[1:]] = sessions.start_s[runs[1:]] - end[runs[:-1]]
    same = part_start_s - sessions.start_s < SAME_START_S
    return np.asarray(same & (gap > c.warm_up.alone_min * 60))


def _first_stop(kilometres: Kilometres, c: Constants) -> tuple[Floats, Floats]:
    """Minutes and metres into each run of its first long stop within the window, after which the run went
    on; to half a kilometre, as splits tell no more."""
    w, km = c.warm_up, kilometres
    minutes = (km.began_s + km.seconds / 2) / 60
    resumed = km.began_s + km.seconds < km.whole_s
    stopped = np.flatnonzero(
        (np.nan_to_num(km.stood_s) >= w.stop_s)
        & resumed
        & (minutes >= w.stop_from_min)
        & (minutes <= w.stop_until_min)
    )[::-1]  # the first of each run is written last
    at_min, at_m = np.full(km.runs, np.nan), np.full(km.runs, np.nan)
    at_min[km.run[stopped]] = minutes[stopped]
    at_m[km.run[stopped]] = (km.place[stopped] + 0.5) * 1000.0
    return at_min, at_m


def _pattern(
    at_min: Floats, at_m: Floats, kilometres: Kilometres, sessions: Sessions, since: int, c: Constants
) -> Floats:
    """How many of the last runs stopped at about the same time or distance; 0 without a pattern, NaN where
    too few runs say when they stopped."""
    w = c.warm_up
    found = np.full(len(sessions), np.nan)
    known = np.bincount(kilometres.run[~np.isnan(kilometres.stood_s)], minlength=len(sessions)) > 0
    runs = np.flatnonzero(known)
    for at in np.flatnonzero(sessions.day[runs] >= since).tolist():
        last = runs[: at + 1][-w.stop_of_runs :]
        last = last[sessions.day[runs[at]] - sessions.day[last] <= w.stop_days]
        if len(last) == w.stop_of_runs:
            spreads = [_spread(values[last]) for values in (at_min, at_m)]
            stops = int((~np.isnan(at_min[last])).sum())
            found[runs[at]] = stops if stops >= w.stop_runs and min(spreads) <= w.stop_spread else 0
    return found


def _spread(values: Floats) -> float:
    """Spread over mean of the known values; infinite with fewer than two."""
    known = values[~np.isnan(values)]
    return float(known.std(ddof=1) / known.mean()) if len(known) > 1 else float("inf")

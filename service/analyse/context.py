"""Circumstances in which a load figure means something else."""

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.analyse.score import State
from service.analyse.window import last_known, lately
from service.domain.finding import Context

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def contexts_of(columns: Columns, state: State, sync_age_days: Floats, c: Constants) -> dict[Context, Flags]:
    """For each context the columns it holds in. ``sync_age_days`` is how long before the night the data
    were read (NaN = not a live source)."""
    x = c.contexts
    with np.errstate(invalid="ignore"):
        late = sync_age_days > x.late_sync_days
    return {
        Context.RACE: np.nan_to_num(lately(columns["race_m"], x.race_days)).max(axis=0) > 0,
        Context.TAPER: _taper(columns, state, c),
        Context.RETURN_FROM_BREAK: _after_break(columns, c),
        Context.ILLNESS: _answered_yes(columns["ill"], c),
        Context.PAIN: _answered_yes(columns["pain"], c),
        Context.TRAVEL: _travel(columns, c),
        Context.LATE_SYNC: np.asarray(late),
    }


def _taper(columns: Columns, state: State, c: Constants) -> Flags:
    """Two weeks that fall step by step while running goes on."""
    x = c.contexts
    load = state.load
    base = 7 * lately(load, x.taper_base_days, 14).mean(axis=0)
    first, last = lately(load, 7, 7).sum(axis=0), lately(load, 7).sum(axis=0)
    runs = np.nansum(lately(columns["runs"], 7), axis=0)
    falling = (first <= x.taper_first_week * base) & (last <= x.taper_last_week * base) & (last < first)
    return np.asarray(falling & (runs >= x.taper_runs) & (base > 0))


def _after_break(columns: Columns, c: Constants) -> Flags:
    """A gap of ``break_days`` without a session that ended within ``after_break_days``."""
    x = c.contexts
    sessions = lately(columns["sessions"], x.after_break_days + x.break_days)
    idle = sessions == 0  # NaN, before history, is not idle
    run = np.zeros(sessions.shape[1])
    found = np.zeros(sessions.shape[1], dtype=np.bool_)
    for day in range(len(sessions)):
        found |= ~idle[day] & (run >= x.break_days)
        run = np.where(idle[day], run + 1, 0)
    return found


def _answered_yes(values: Floats, c: Constants) -> Flags:
    """The newest answer of the last days was yes; a later no takes it back."""
    return np.asarray(last_known(lately(values, c.contexts.red_flag_days)) == 1.0)


def _travel(columns: Columns, c: Constants) -> Flags:
    """The clock jumped by more than daylight saving ever does."""
    x = c.contexts
    offset = columns["utc_offset_s"]
    now = last_known(lately(offset, x.travel_days))
    earlier = last_known(offset[: -x.travel_days])
    return np.asarray(np.abs(now - earlier) >= x.travel_h * 3600)

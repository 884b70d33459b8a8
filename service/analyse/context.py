"""Circumstances in which a load figure means something else."""

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.analyse.event import raced_m
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
        Context.RACE: _race(columns, c),
        Context.TAPER: _taper(columns, state, c),
        Context.RETURN_FROM_BREAK: after_break(columns, c, x.after_break_days) | _after_illness(columns, c),
        Context.ILLNESS: _answered_yes(columns["ill"], c),
        Context.PAIN: _answered_yes(columns["pain"], c),
        Context.TRAVEL: _travel(columns, c),
        Context.LATE_SYNC: np.asarray(late),
    }


def hot_spell(columns: Columns, c: Constants) -> Flags:
    """Runs in heat on several of the last days, or one in great heat: what the heart does, how runs feel and
    what legs say then belongs to the weather. Who has run often in such warmth is used to it: a climate is no
    spell."""
    x, h = c.contexts, c.heat
    warmest = np.nan_to_num(columns["temperature_c"])
    hot = (lately(warmest, x.hot_within_days) >= h.high_c).sum(axis=0) >= x.hot_days
    warm = lately(warmest, h.acclimatised_days, x.hot_within_days) >= h.high_c - h.acclimatised_within_c
    hot &= warm.sum(axis=0) < h.acclimatised_runs
    very_hot = lately(warmest, x.very_hot_within_days).max(axis=0) > c.heat.very_high_c
    return np.asarray(hot | very_hot)


def _race(columns: Columns, c: Constants) -> Flags:
    """A race of the last days, marked or plain to see; the longer it was, the longer it is felt."""
    x = c.contexts
    raced = raced_m(columns, x.race_longest_days, c)
    ago = np.arange(len(raced), 0, -1)[:, None]
    return np.asarray(((raced > 0) & (ago <= np.maximum(x.race_days, raced / x.race_m_per_day))).any(axis=0))


def _taper(columns: Columns, state: State, c: Constants) -> Flags:
    """Two weeks that fall step by step while running goes on."""
    x = c.contexts
    load = state.load
    base = 7 * lately(load, x.taper_base_days, 14).mean(axis=0)
    first, last = lately(load, 7, 7).sum(axis=0), lately(load, 7).sum(axis=0)
    runs = np.nansum(lately(columns["runs"], 7), axis=0)
    falling = (first <= x.taper_first_week * base) & (last <= x.taper_last_week * base) & (last < first)
    return np.asarray(falling & (runs >= x.taper_runs) & (base > 0))


def after_break(columns: Columns, c: Constants, days: int) -> Flags:
    """A gap of ``break_days`` without a session that ended within the last ``days``."""
    x = c.contexts
    sessions = lately(columns["sessions"], days + x.break_days)
    idle = sessions == 0  # NaN, before history, is not idle
    run = np.zeros(sessions.shape[1])
    found = np.zeros(sessions.shape[1], dtype=np.bool_)
    for day in range(len(sessions)):
        found |= ~idle[day] & (run >= x.break_days)
        run = np.where(idle[day], run + 1, 0)
    return found


def _after_illness(columns: Columns, c: Constants) -> Flags:
    """Ill by the own answer within the last two weeks, well or not by now."""
    return np.asarray((lately(columns["ill"], c.contexts.after_illness_days) == 1.0).any(axis=0))


def _answered_yes(values: Floats, c: Constants) -> Flags:
    """The newest answer of the last days was yes; a later no takes it back."""
    return np.asarray(last_known(lately(values, c.contexts.red_flag_days)) == 1.0)


def _travel(columns: Columns, c: Constants) -> Flags:
    """The clock jumped by more than daylight saving ever does, as many days ago as the body needs for it."""
    x = c.contexts
    offset = columns["utc_offset_s"]
    now = last_known(lately(offset, x.travel_longest_days))
    before = last_known(offset[: -x.travel_longest_days])
    found = np.zeros(offset.shape[1], dtype=np.bool_)
    for days in range(x.travel_longest_days, x.travel_days - 1, -1):
        hours = np.abs(now - before) / 3600
        found |= (hours >= x.travel_h) & (days <= np.maximum(x.travel_days, hours * x.travel_days_per_h))
        before = np.where(np.isnan(offset[-days]), before, offset[-days])
    return found

"""Under-recovery, in stages: strain alone; strain with signs of the body or the athlete; and for long."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from service.analyse.complaint import felt_harder, heart_rate_strength
from service.analyse.constants import Constants
from service.analyse.diary import Columns
from service.analyse.fusion import Fused, at_most, fuse, surprise
from service.analyse.score import State, heart_rate_now, own_mean
from service.analyse.strain import strain_z
from service.analyse.window import among_newest, last_known, lately, mean_known, ramp
from service.domain.finding import Level

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Stage(IntEnum):
    NONE = 0
    STRAIN = 1
    POSSIBLE = 2
    PERSISTENT = 3


@dataclass(frozen=True, slots=True)
class Overreaching:
    """One value a column: the fused verdict, its stage, and the beats hard runs lack beside a complaint."""

    fused: Fused
    stage: Ints
    less_high: Floats


@dataclass(frozen=True, slots=True)
class _Signs:
    """Strengths of what follows strain, one value a column, NaN where it was not seen."""

    low_answers: Floats
    exertion: Floats
    slower: Floats
    heart_rate: Floats


def overreaching(columns: Columns, state: State, enough: Flags, hot: Flags, c: Constants) -> Overreaching:
    """Stage 1 on load alone is information. Stage 2 needs two signs, one of them from the athlete: answers,
    runs that felt harder, a hard effort slower than hard efforts are. A heart rate that moved, either way,
    never speaks by itself: lower and fresh is fitter. Without any word of the athlete it stays at stage 1: to
    be watched and asked about, never written about; a hard effort that was slower is such a word, and makes
    it possible at most. Stage 1 is of this morning; signs come later than strain, so stage 2 remembers it for
    two weeks. Stage 3 is stage 2 that has lasted and has not yielded to rest. In a ``hot`` spell the weather
    explains every sign."""
    z = strain_z(columns, state, c, c.overreaching.strain_days + c.overreaching.persistent_days)
    strained, depth = _strain(state, z, c, 0)
    now, _ = _strain(state, z, c, 0, days=1)
    signs = _signs(columns, c, 0)
    confirmed = enough & strained & ~hot & _stage_two(signs, c)
    lasting = confirmed & _rested(state, c)
    for back in (c.overreaching.persistent_days // 2, c.overreaching.persistent_days):
        lasting &= _strain(state, z, c, back)[0] & _stage_two(_signs(columns, c, back), c)
    stage = np.where(enough & now, Stage.STRAIN, Stage.NONE)
    stage = np.where(confirmed, Stage.POSSIBLE, stage)
    stage = np.where(lasting, Stage.PERSISTENT, stage)
    reported = np.fmax(signs.low_answers, signs.exertion)
    load = np.where(enough, depth, np.nan)
    fused = fuse(c, len(columns), load=load, self_report=reported, heart_rate=signs.heart_rate)
    faint = np.isnan(reported) | (state.load_quality < c.fusion.least_quality)
    fused = at_most(fused, Level.POSSIBLE, faint)
    own = np.nan_to_num(reported) >= c.fusion.agreeing
    return Overreaching(fused, stage.astype(np.int64), np.where(own, _less_high(columns, c), 0.0))


def _strain(
    state: State, z: Floats, c: Constants, back: int, days: int | None = None
) -> tuple[Flags, Floats]:
    """Whether load strained in the last ``days`` (``strain_days`` if not given), and how deeply: balance over
    fitness low for some mornings, or two weeks far above the athlete's own past."""
    o = c.overreaching
    days = days or o.strain_days
    rows = days + o.balance_mornings - 1
    fitness, fatigue = lately(state.fitness, rows, back), lately(state.fatigue, rows, back)
    balance = (fitness - fatigue) / np.maximum(fitness, c.score.balance_floor)
    lasting = sliding_window_view(balance, o.balance_mornings, axis=0).max(axis=-1).min(axis=0)
    above = np.nan_to_num(lately(z, days, back)).max(axis=0)
    strained = (lasting <= o.balance) | (above >= o.strain_z)
    return np.asarray(strained), np.maximum(ramp(-lasting, 0.0, -o.balance_full), surprise(above))


def _signs(columns: Columns, c: Constants, back: int) -> _Signs:
    o, e = c.overreaching, c.effort
    rows = np.stack([lately(columns[name], o.answers_within_days, back) for name in ("fatigue", "legs")])
    means = np.stack([own_mean(columns[name], c) for name in ("fatigue", "legs")])
    limits = np.fmin(c.answers.low_rating, means - c.answers.low_below_mean)
    known: Flags = np.any(~np.isnan(rows), axis=0)
    newest = among_newest(known, o.answers)
    with np.errstate(invalid="ignore"):
        lows = (newest & np.any(rows <= limits[:, None], axis=0)).sum(axis=0)
    low = np.where(lows >= o.low_answers, lows / o.answers, 0.0)
    exertion = o.exertion_strength * felt_harder(columns, c, e.shifted_runs, back)
    slower = _slower(columns, c, back)
    complaint = np.any(np.nan_to_num(np.vstack([low, exertion, slower])) >= c.fusion.agreeing, axis=0)
    moved = heart_rate_strength(*heart_rate_now(columns, c, back), complaint, c)
    return _Signs(np.where(np.any(known, axis=0), low, np.nan), exertion, slower, moved)


def _less_high(columns: Columns, c: Constants) -> Floats:
    """Mean of the beats that the newest hard runs are missing, where enough of them fell short; else 0. It is
    evidence beside signs and none itself: as one it brought made-up runners false starts alone."""
    p = c.peaks
    missing = lately(columns["beats_missing"], p.recent_days)
    newest = np.where(among_newest(~np.isnan(missing), p.newest_runs), missing, np.nan)
    low = (np.nan_to_num(newest) >= p.missing_bpm).sum(axis=0) >= p.low_runs
    return np.where(low, np.nan_to_num(mean_known(newest)), 0.0)


def _slower(columns: Columns, c: Constants, back: int) -> Floats:
    """Whether the newest hard effort was that much slower than hard efforts like it (Aubry 2015). Who did
    not try was not slower: only runs that felt very hard, and races, are looked at."""
    newest = last_known(lately(columns["performance"], c.overreaching.strain_days, back))
    slow = np.where(newest <= -c.speed.drop, c.overreaching.performance_strength, 0.0)
    return np.where(np.isnan(newest), np.nan, slow)


def _stage_two(signs: _Signs, c: Constants) -> Flags:
    """Enough signs, the athlete's own word or effort among them."""
    own = np.vstack([signs.low_answers, signs.exertion, signs.slower])
    speaking = np.nan_to_num(np.vstack([own, signs.heart_rate])) >= c.fusion.agreeing
    return np.asarray((speaking.sum(axis=0) >= c.overreaching.signs_needed) & speaking[:-1].any(axis=0))


def _rested(state: State, c: Constants) -> Flags:
    """Whether the last week was easy enough to have helped."""
    fitness, fatigue = lately(state.fitness, 7), lately(state.fatigue, 7)
    return np.asarray((fatigue <= c.overreaching.resting_balance * fitness).all(axis=0))

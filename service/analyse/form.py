"""Steps a minute: beside the athlete's own line over speed, and how they fade late in a run.

Cadence rises with speed, so only what is left after speed means anything; "180" does not. A change is a
change from the own usual: what caused it cannot be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from service.analyse.constants import Constants
from service.analyse.sessions import Sessions
from service.analyse.trailing import behind, quantiles
from service.analyse.window import ramp
from service.domain.activity import Activity, Lap

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LATE, EARLY_FROM, EARLY_UNTIL = 0.8, 0.1, 0.3
"""The last fifth of a run against its second and third tenths."""
FADE_OF_RUNS = 3
LEAST_LAPS = 5  # fewer cannot tell a fifth of a run
STEPS_PER_MPS = 10.0  # within one run speeds hardly differ: between Luedke 2021 (7) and van Oeveren 2017 (12)


@dataclass(frozen=True, slots=True)
class Form:
    """One row a session, NaN where it cannot be told. ``shift``: mean residual of the last runs as a share
    of the expected cadence, and its ``z``; ``usual`` the cadence expected of this run; ``fade`` of the
    run's last fifth (negative = fewer steps); ``strength`` of the channel after this run; ``new_shoes``:
    the last runs were in other shoes than any of the baseline."""

    strength: Floats
    shift: Floats
    usual: Floats
    fade: Floats
    faded: Flags
    new_shoes: Flags


def step_length(speed_mps: ArrayLike, steps_a_minute: ArrayLike) -> Floats:
    """Metres a step."""
    speed, steps = (np.asarray(x, dtype=np.float64) for x in (speed_mps, steps_a_minute))
    return np.asarray(speed / (steps / 60.0))


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs that are judged beside others of the same watch, one row each: ``recent`` the last runs up to
    and with their own, ``base`` the weeks before those. Places where ``…_is`` does not hold are empty."""

    own: Ints
    recent: Ints
    recent_is: Flags
    base: Ints
    base_is: Flags

    def take(self, chosen: Flags) -> "Compared":
        return Compared(
            self.own[chosen], self.recent[chosen], self.recent_is[chosen],
            self.base[chosen], self.base_is[chosen],
        )  # fmt: skip


def form_of(sessions: Sessions, activities: Sequence[Activity], since: int, c: Constants) -> Form:
    """Residual and fade of every eligible run from the day ``since`` (ordinal) on, each against its own
    past only."""
    n = len(sessions)
    own = [activities[int(part)] for part in sessions.part]
    strength, shift, usual, fade = (np.full(n, np.nan) for _ in range(4))
    faded, new_shoes = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    rows = np.flatnonzero(_eligible(sessions, own, c))
    runs = [own[row] for row in rows.tolist()]
    for row in rows[sessions.day[rows] >= since - c.form.fade_days].tolist():
        fade[row] = _fade(own[row].laps, c)
    compared = _compared(sessions.day[rows], [run.device for run in runs], since, c)
    told = rows[compared.own]
    speed, cadence = sessions.speed_mps[rows], sessions.cadence_spm[rows]
    intercept, slope = _line(compared, speed, cadence, c)
    usual[told] = intercept + slope * speed[compared.own]
    shift[told], z = _shift(compared, intercept, slope, speed, cadence, c)
    for row in told[~np.isnan(fade[told])].tolist():
        faded[row] = _fades(row, rows[rows <= row], fade, sessions, c)
    strength[told] = np.maximum(_strength(shift[told], z, c), c.form.fade_strength * faded[told])
    new_shoes[told] = _new_shoes(compared, [run.gear_id for run in runs])
    return Form(strength, shift, usual, fade, faded, new_shoes)


def _eligible(sessions: Sessions, own: Sequence[Activity], c: Constants) -> Flags:
    """Road runs out of doors with cadence, at running speed, not hilly."""
    f = c.form
    trail = np.array([activity.sport == "TrailRun" for activity in own], dtype=np.bool_)
    able = sessions.is_run & ~sessions.indoor & ~trail & ~sessions.race & ~np.isnan(sessions.cadence_spm)
    able &= (sessions.speed_mps >= f.slowest_mps) & (sessions.speed_mps <= f.fastest_mps)
    return np.asarray(able & (np.nan_to_num(sessions.gain_m) <= f.steepest_gain * sessions.distance_m))


def _compared(day: Ints, device: Sequence[str | None], since: int, c: Constants) -> Compared:
    """The runs from the day ``since`` on that have enough others to be compared with: of the same watch, six
    weeks, the newest days and the last runs not."""
    watch = _numbered(device)
    own = np.flatnonzero(day >= since)
    by_watch = np.argsort(watch, kind="stable")
    place = np.argsort(by_watch)[own, None] - np.arange(c.form.recent_runs)
    recent = by_watch[np.maximum(place, 0)]
    recent_is = (place >= 0) & (watch[recent] == watch[own, None])
    oldest = np.where(recent_is, recent, len(day)).min(axis=1)
    base, base_is = behind(day, own, c.form.exclude_days, c.form.baseline_days)
    base_is &= (watch[base] == watch[own, None]) & (base < oldest[:, None])
    found = Compared(own, recent, recent_is, base, base_is)
    return found.take(base_is.sum(axis=1) >= c.form.runs_needed)


def _line(compared: Compared, speed: Floats, cadence: Floats, c: Constants) -> tuple[Floats, Floats]:
    """Steps a minute over speed: intercept and slope, the slope held within what was ever measured."""
    base, known = compared.base, compared.base_is
    centred = np.where(known, speed[base] - _mean(speed[base], known)[:, None], 0.0)
    slope = (centred * cadence[base]).sum(axis=1) / np.maximum(np.square(centred).sum(axis=1), 1e-9)
    slope = np.clip(slope, c.form.slope_low, c.form.slope_high)
    left = np.where(known, cadence[base] - slope[:, None] * speed[base], np.nan)
    return quantiles(left, 0.5), slope


def _shift(
    compared: Compared, intercept: Floats, slope: Floats, speed: Floats, cadence: Floats, c: Constants
) -> tuple[Floats, Floats]:
    """Mean residual of the recent runs as a share, and its z against the spread of the baseline."""

    def residual(rows: Ints) -> Floats:
        expected = intercept[:, None] + slope[:, None] * speed[rows]
        return np.asarray(cadence[rows] / expected - 1.0)

    usual, known = residual(compared.base), compared.base_is
    off = np.where(known, usual - _mean(usual, known)[:, None], 0.0)
    count = known.sum(axis=1)
    spread = np.maximum(np.sqrt(np.square(off).sum(axis=1) / (count - 1)), c.form.spread_floor)
    mean = _mean(residual(compared.recent), compared.recent_is)
    return mean, mean / (spread * np.sqrt(1 / compared.recent_is.sum(axis=1) + 1 / count))


def _mean(values: Floats, known: Flags) -> Floats:
    """Mean of the known values of each row."""
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1))


def _strength(shift: Floats, z: Floats, c: Constants) -> Floats:
    """Half where fewer steps are beyond chance and beyond five steps a minute, full at ``z_full``."""
    f = c.form
    beyond = (shift <= -f.shift_needed) & (z <= -f.z_needed)
    return np.where(beyond, 0.5 + 0.5 * ramp(-z, f.z_needed, f.z_full), 0.0)


def _new_shoes(compared: Compared, gear: Sequence[str | None]) -> Flags:
    """Whether none of the recent runs was in shoes of the baseline."""
    shoes = _numbered(gear)
    recent, base = shoes[compared.recent][:, :, None], shoes[compared.base][:, None, :]
    both = compared.recent_is[:, :, None] & compared.base_is[:, None, :]
    return np.asarray(~((recent == base) & both).any(axis=(1, 2)))


def _numbered(names: Sequence[str | None]) -> Ints:
    """A number for each name, the same for the same."""
    return np.unique([name or "" for name in names], return_inverse=True)[1]


def _fade(laps: Sequence[Lap], c: Constants) -> float:
    """Cadence of the last fifth less that of the second and third tenths, at like speed, as a share of
    the latter; NaN of short runs and where a lap has no cadence."""
    known = [lap.cadence_spm for lap in laps if lap.cadence_spm is not None]
    seconds = np.array([lap.moving_s for lap in laps], dtype=np.float64)
    if seconds.sum() < 60 * c.form.fade_min or len(known) < len(laps) or len(laps) < LEAST_LAPS:
        return float("nan")
    speed = np.array([lap.distance_m for lap in laps]) / seconds
    end = np.cumsum(seconds) / seconds.sum()
    weights = [_overlap(end, *part) for part in ((LATE, 1.0), (EARLY_FROM, EARLY_UNTIL))]
    late, early = (np.dot(known, weight) / weight.sum() for weight in weights)
    late_mps, early_mps = (np.dot(speed, weight) / weight.sum() for weight in weights)
    return float((late - early - STEPS_PER_MPS * (late_mps - early_mps)) / early)


def _overlap(end: Floats, first: float, last: float) -> Floats:
    """Share of the run that each lap has within first..last."""
    begin = np.concatenate(([0.0], end[:-1]))
    return np.asarray(np.clip(np.minimum(end, last) - np.maximum(begin, first), 0.0, None))


def _fades(row: int, rows: Ints, fade: Floats, sessions: Sessions, c: Constants) -> bool:
    """Whether most of the last long enough runs faded deeply, by any measure and by the athlete's own."""
    f = c.form
    age = sessions.day[row] - sessions.day[rows]
    known = rows[(age <= f.fade_days) & ~np.isnan(fade[rows])]
    last, before = known[-FADE_OF_RUNS:], known[:-FADE_OF_RUNS]
    if np.isnan(fade[row]) or len(before) < f.fade_runs_needed:
        return False
    deep = (fade[last] <= -f.fade_needed) & (fade[last] < np.quantile(fade[before], f.fade_share))
    return bool(deep.sum() >= f.faded_runs)

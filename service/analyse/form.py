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


def form_of(sessions: Sessions, activities: Sequence[Activity], since: int, c: Constants) -> Form:
    """Residual and fade of every eligible run from the day ``since`` (ordinal) on, each against its own
    past only."""
    n = len(sessions)
    own = [activities[int(part)] for part in sessions.part]
    shift, usual = np.full(n, np.nan), np.full(n, np.nan)
    strength = np.full(n, np.nan)
    faded, new_shoes = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    rows = np.flatnonzero(_eligible(sessions, own, c))
    devices = np.array([own[row].device or "" for row in rows])
    fade = np.full(n, np.nan)
    for row in rows[sessions.day[rows] >= since - c.form.fade_days].tolist():
        fade[row] = _fade(own[row].laps, c)
    for at in np.flatnonzero(sessions.day[rows] >= since).tolist():
        row = int(rows[at])
        recent = rows[: at + 1][devices[: at + 1] == devices[at]][-c.form.recent_runs :]
        base = np.setdiff1d(rows[:at][_baseline(at, rows, devices, sessions, c)], recent)
        if len(base) < c.form.runs_needed:
            continue
        line = _line(sessions.speed_mps[base], sessions.cadence_spm[base], c)
        shift[row], z = _shift(recent, base, line, sessions, c)
        usual[row] = line[0] + line[1] * sessions.speed_mps[row]
        faded[row] = _fades(row, rows[: at + 1], fade, sessions, c)
        strength[row] = max(_strength(shift[row], z, c), c.form.fade_strength * faded[row])
        new_shoes[row] = not {own[i].gear_id for i in recent} & {own[i].gear_id for i in base}
    return Form(strength, shift, usual, fade, faded, new_shoes)


def _eligible(sessions: Sessions, own: Sequence[Activity], c: Constants) -> Flags:
    """Road runs out of doors with cadence, at running speed, not hilly."""
    f = c.form
    trail = np.array([activity.sport == "TrailRun" for activity in own], dtype=np.bool_)
    able = sessions.is_run & ~sessions.indoor & ~trail & ~sessions.race & ~np.isnan(sessions.cadence_spm)
    able &= (sessions.speed_mps >= f.slowest_mps) & (sessions.speed_mps <= f.fastest_mps)
    return np.asarray(able & (np.nan_to_num(sessions.gain_m) <= f.steepest_gain * sessions.distance_m))


def _baseline(at: int, rows: Ints, devices: NDArray[np.str_], sessions: Sessions, c: Constants) -> Flags:
    """Which of the runs before one are compared with: of the same watch, six weeks, the newest days not."""
    age = sessions.day[rows[at]] - sessions.day[rows[:at]]
    within = (age > c.form.exclude_days) & (age <= c.form.baseline_days)
    return np.asarray(within & (devices[:at] == devices[at]))


def _line(speed: Floats, cadence: Floats, c: Constants) -> tuple[float, float]:
    """Steps a minute over speed: intercept and slope, the slope held within what was ever measured."""
    centred = speed - speed.mean()
    slope = float((centred * cadence).sum() / max(np.square(centred).sum(), 1e-9))
    slope = min(max(slope, c.form.slope_low), c.form.slope_high)
    return float(np.median(cadence - slope * speed)), slope


def _shift(
    recent: Ints, base: Ints, line: tuple[float, float], sessions: Sessions, c: Constants
) -> tuple[float, float]:
    """Mean residual of the recent runs as a share, and its z against the spread of the baseline."""

    def residual(rows: Ints) -> Floats:
        expected = line[0] + line[1] * sessions.speed_mps[rows]
        return np.asarray(sessions.cadence_spm[rows] / expected - 1.0)

    spread = max(float(residual(base).std(ddof=1)), c.form.spread_floor)
    mean = float(residual(recent).mean())
    return mean, mean / (spread * float(np.sqrt(1 / len(recent) + 1 / len(base))))


def _strength(shift: float, z: float, c: Constants) -> float:
    """Half where fewer steps are beyond chance and beyond five steps a minute, full at ``z_full``."""
    f = c.form
    if shift > -f.shift_needed or z > -f.z_needed:
        return 0.0
    return min(1.0, 0.5 + 0.5 * (-z - f.z_needed) / (f.z_full - f.z_needed))


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

"""The kilometres of an athlete's runs as one table: what splits tell and a whole run's averages hide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.sessions import Sessions
from service.analyse.terrain import effort_factor
from service.domain.activity import Activity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Kilometres:
    """One row a split, run by run in order of time; NaN = not observed.

    ``run`` is the row of the session, ``place`` the split's number in it from 0, ``began_s`` the moving
    seconds before it and ``whole_s`` those of the whole run; ``climb_m`` its end above its beginning,
    ``flat_mps`` the flat speed of equal effort, ``stood_s`` elapsed less moving seconds.
    """

    run: Ints
    place: Ints
    began_s: Floats
    whole_s: Floats
    seconds: Floats
    metres: Floats
    climb_m: Floats
    hr: Floats
    flat_mps: Floats
    stood_s: Floats
    runs: int

    def __len__(self) -> int:
        return len(self.run)

    @property
    def middle(self) -> Floats:
        """Where in its run a split lies: 0 at the start, 1 at the end, by moving time."""
        return (self.began_s + self.seconds / 2) / self.whole_s

    def total(self, values: Floats, chosen: Flags) -> Floats:
        """Sum of the values over the chosen splits of each session; 0 where there are none."""
        rows = chosen & ~np.isnan(values)
        summed = np.bincount(self.run[rows], weights=values[rows], minlength=self.runs)
        return np.asarray(summed, dtype=np.float64)

    def mean(self, values: Floats, chosen: Flags) -> Floats:
        """Mean of the values over the time of the chosen splits of each session; NaN where none is known."""
        rows = chosen & ~np.isnan(values)
        seconds = np.bincount(self.run[rows], weights=self.seconds[rows], minlength=self.runs)
        weight = values[rows] * self.seconds[rows]
        summed = np.bincount(self.run[rows], weights=weight, minlength=self.runs)
        return np.where(seconds > 0, summed / np.maximum(seconds, 1e-9), np.nan)

    @property
    def seen(self) -> Flags:
        """Sessions that have splits."""
        return np.asarray(np.bincount(self.run, minlength=self.runs) > 0)


def kilometres_of(sessions: Sessions, activities: Sequence[Activity], since: int, c: Constants) -> Kilometres:
    """The believable splits of every outdoor run from the day ``since`` (ordinal) on. Of a joined session
    those of its longest recording."""
    rows: list[tuple[float, ...]] = []
    for index in np.flatnonzero(sessions.is_run & ~sessions.indoor & (sessions.day >= since)).tolist():
        began = 0.0
        splits = activities[int(sessions.part[index])].splits
        whole = float(sum(split.moving_s for split in splits))
        for place, split in enumerate(splits):
            known = (split.elevation_m, split.average_hr, split.grade_adjusted_mps, split.elapsed_s)
            values = (np.nan if value is None else float(value) for value in known)
            rows.append((index, place, began, whole, split.moving_s, split.distance_m, *values))
            began += split.moving_s
    table = np.array(rows, dtype=np.float64).reshape(-1, 10).T
    return _believed(table, sessions, c)


def _believed(table: Floats, sessions: Sessions, c: Constants) -> Kilometres:
    run, place, began, whole, seconds, metres, climb, hr, adjusted, elapsed = table
    speed = metres / seconds
    run = run.astype(np.int64)
    fastest = np.minimum(c.splits.fastest_mps, c.splits.leap * sessions.speed_mps[run])
    fair = (metres >= c.splits.shortest_m) & (speed >= c.splits.slowest_mps) & (speed <= fastest)
    with np.errstate(invalid="ignore"):
        trusted = (hr >= c.gates.lowest_hr) & (hr <= c.gates.highest_hr)
    trusted &= ~np.isnan(sessions.average_hr[run])  # a sensor not believed over the run is not in its parts
    return Kilometres(
        run=run[fair],
        place=place[fair].astype(np.int64),
        began_s=began[fair],
        whole_s=whole[fair],
        seconds=seconds[fair],
        metres=metres[fair],
        climb_m=climb[fair],
        hr=np.where(trusted, hr, np.nan)[fair],
        flat_mps=_flat(speed, climb / metres, adjusted, c)[fair],
        stood_s=(elapsed - seconds)[fair],
        runs=len(sessions),
    )


def _flat(speed: Floats, grade: Floats, adjusted: Floats, c: Constants) -> Floats:
    """Strava's grade-adjusted speed, which has seen each second's slope, where it is within reason; else
    ours from the mean grade; else the speed."""
    slope = np.clip(np.nan_to_num(grade), -c.splits.grade_clip, c.splits.grade_clip)
    own = speed * effort_factor(slope)
    with np.errstate(invalid="ignore"):
        near = np.abs(adjusted / speed - 1.0) <= c.splits.adjusted_trust
    return np.where(near, adjusted, own)

"""A recording's points as columns, and what can be summed up from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.domain.activity import Split

Floats = NDArray[np.float64]

LOWEST_HR, HIGHEST_HR = 30.0, 240.0  # outside no heart beats while its owner exercises
LONGEST_STEP_S = 30.0  # a longer silence between two points is a pause or a lost signal
SLOWEST_MPS = 0.5  # below, the athlete stands and the satellites wander
SPEED_OVER_S = 10.0  # distances come rounded: second by second a runner seems to stop
SPLIT_M = 1000.0
SHORTEST_SPLIT_M = 100.0
CLIMB_COUNTS_FROM_M = 2.0  # smaller ups and downs are the barometer's own
GRADE_OVER_M = 50.0
EARTH_M = 6_371_000.0
STEEPEST = 0.45  # the cost polynomial was fitted from −0.45 to +0.45
RUNNING_COST = np.array([155.4, -30.4, -43.3, 46.3, 19.5, 3.6])
DESCENT = np.array([14.4, 2.6, 1.0])  # equal effort downhill: easiest at −9 %, as flat at −18 %
DESCENT_AS_FLAT = -0.18
COLUMNS = ("time_s", "distance_m", "altitude_m", "heart_rate", "cadence", "temperature_c")


@dataclass(frozen=True, slots=True)
class Track:
    """Columns of equal length, by time; NaN = not observed. ``time_s`` is epoch seconds, ``distance_m``
    counts from the start, ``cadence`` is as recorded (for runs, one foot a minute)."""

    time_s: Floats
    distance_m: Floats
    altitude_m: Floats
    heart_rate: Floats
    cadence: Floats
    temperature_c: Floats

    def __len__(self) -> int:
        return len(self.time_s)

    @classmethod
    def of(cls, points: Sequence[Sequence[float | None]]) -> "Track":
        """From rows of (time, distance, altitude, heart rate, cadence, temperature), in any order of time."""
        rows = np.array(points, dtype=np.float64).reshape(-1, len(COLUMNS))
        rows = rows[~np.isnan(rows[:, 0])]
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        return cls(*(np.ascontiguousarray(rows[:, column]) for column in range(len(COLUMNS))))

    def between(self, first_s: float, last_s: float) -> "Track":
        """The points of one session of several."""
        chosen = (self.time_s >= first_s) & (self.time_s <= last_s)
        return Track(*(getattr(self, name)[chosen] for name in COLUMNS))

    def believed(self) -> tuple["Track", int]:
        """The same without heart rates that no heart has, and how many those were."""
        absent = np.isnan(self.heart_rate)
        good = (self.heart_rate >= LOWEST_HR) & (self.heart_rate <= HIGHEST_HR)
        wrong = int(np.count_nonzero(~absent & ~good & (self.heart_rate != 0)))  # 0 = no strap worn
        columns = {name: getattr(self, name) for name in COLUMNS}
        columns["heart_rate"] = np.where(good, self.heart_rate, np.nan)
        return Track(**columns), wrong

    @property
    def steps_s(self) -> Floats:
        """Seconds each point stands for: up to the next, a silence not counted."""
        steps = np.zeros(len(self))
        np.subtract(self.time_s[1:], self.time_s[:-1], out=steps[:-1])
        steps[steps > LONGEST_STEP_S] = 0.0
        return steps

    @property
    def covered_m(self) -> float:
        """Metres from the first point to the last that says."""
        known = self.distance_m[~np.isnan(self.distance_m)]
        return float(known.max() - min(known.min(), 0.0)) if len(known) else 0.0

    @property
    def moving_s(self) -> float:
        """Seconds between points that lie apart; the whole time where no distance was recorded."""
        steps = self.steps_s[:-1]
        if np.isnan(self.distance_m).all():
            return float(steps.sum())
        way = _filled(self.distance_m, self.time_s)
        middle = (self.time_s[1:] + self.time_s[:-1]) / 2
        ahead, behind = middle + SPEED_OVER_S / 2, middle - SPEED_OVER_S / 2
        ahead, behind = np.minimum(ahead, self.time_s[-1]), np.maximum(behind, self.time_s[0])
        way = np.interp(ahead, self.time_s, way) - np.interp(behind, self.time_s, way)
        return float(steps[way >= SLOWEST_MPS * (ahead - behind)].sum())

    @property
    def climb_m(self) -> float | None:
        """Metres up, steps below two metres smoothed away; ``None`` without altitudes."""
        known = self.altitude_m[~np.isnan(self.altitude_m)]
        if len(known) == 0:
            return None
        rises = np.diff(known) > 0
        told = np.append(rises, False) | np.append(False, rises)  # on a way down only its end counts
        total, low = 0.0, float("inf")
        for height in known[told].tolist():
            if height >= low + CLIMB_COUNTS_FROM_M:
                total += height - low
                low = height
            elif height < low:
                low = height
        return total

    def observed(self, name: str) -> int:
        """How many points have a value in a column."""
        return int(np.count_nonzero(~np.isnan(getattr(self, name))))

    def mean(self, name: str) -> float | None:
        """Time-weighted mean of a column over what was observed."""
        known = ~np.isnan(getattr(self, name))
        if not known.any():
            return None
        values, weight = getattr(self, name)[known], self.steps_s[known]
        total = float(weight.sum())
        return float((values * weight).sum() / total if total > 0 else values.mean())

    def highest(self, name: str) -> float | None:
        """The largest value of a column."""
        known = getattr(self, name)[~np.isnan(getattr(self, name))]
        return float(known.max()) if len(known) else None

    def splits(self) -> tuple[Split, ...]:
        """Kilometres of the way, the last one if it has a hundred metres."""
        if len(self) < 2 or self.covered_m < SHORTEST_SPLIT_M:
            return ()
        way = np.maximum.accumulate(_filled(self.distance_m, self.time_s))
        height = _filled(self.altitude_m, self.time_s)
        flat = np.append(np.diff(way), 0.0) * effort_factor(grade(way, height))
        number = np.minimum(way // SPLIT_M, way[-1] // SPLIT_M)
        edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(way)]
        steps = self.steps_s
        parts = (slice(first, until) for first, until in pairwise(edges))
        found = (self._split(part, way, height, flat, steps) for part in parts)
        return tuple(split for split in found if split is not None)

    def _split(self, part: slice, way: Floats, height: Floats, flat: Floats, steps: Floats) -> Split | None:
        first, last = part.start, min(part.stop, len(way) - 1)
        metres, seconds = float(way[last] - way[first]), float(steps[part].sum())
        if metres < SHORTEST_SPLIT_M or seconds <= 0:
            return None
        rise = float(height[last] - height[first])
        beats = self.heart_rate[part]
        known = beats[~np.isnan(beats)]
        hilly = not np.isnan(rise)
        return Split(
            distance_m=round(metres, 1),
            moving_s=max(1, round(seconds)),
            elevation_m=round(rise, 1) if hilly else None,
            average_hr=round(float(known.mean()), 1) if len(known) else None,
            grade_adjusted_mps=round(float(flat[part].sum()) / seconds, 3) if hilly else None,
        )


def grade(way: Floats, height: Floats) -> Floats:
    """Rise over run at each point, over fifty metres of way; NaN where no height is known."""
    ahead = np.interp(way + GRADE_OVER_M / 2, way, height)
    behind = np.interp(way - GRADE_OVER_M / 2, way, height)
    run = np.minimum(way + GRADE_OVER_M / 2, way[-1]) - np.maximum(way - GRADE_OVER_M / 2, way[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(run > 0, (ahead - behind) / run, 0.0)


def effort_factor(slope: Floats) -> Floats:
    """How much faster on the flat feels the same: uphill by metabolic cost (Minetti et al. 2002), downhill
    by equal heart rate (the shape Strava published in 2017), flat where the slope is not known."""
    bounded = np.clip(np.nan_to_num(slope), -STEEPEST, STEEPEST)
    up = np.polyval(RUNNING_COST, bounded) / RUNNING_COST[-1]
    down = np.polyval(DESCENT, np.clip(bounded, DESCENT_AS_FLAT, 0.0))
    down = np.where(bounded < DESCENT_AS_FLAT, 1.0, down)
    return np.where(bounded >= 0, up, down)


def metres_between(latitudes: Floats, longitudes: Floats) -> Floats:
    """Metres from the start along the positions (degrees), which are forgotten here. Haversine."""
    lat, lon = np.radians(latitudes), np.radians(longitudes)
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin(np.diff(lon) / 2) ** 2
    steps = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return np.concatenate(([0.0], np.cumsum(np.nan_to_num(steps))))


def _filled(values: Floats, at: Floats) -> Floats:
    """The column with its gaps bridged in time; all NaN stays all NaN."""
    known = ~np.isnan(values)
    if known.all() or not known.any():
        return values
    return np.interp(at, at[known], values[known])

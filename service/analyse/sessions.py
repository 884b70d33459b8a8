"""An athlete's sessions as columns: false values left out, doubles dropped, joined recordings made one."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from service.analyse.sections import Gates
from service.analyse.sensors import believable, cadence_locked
from service.domain.activity import RIDES, RUNS, STRENGTH, Activity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Family(IntEnum):
    """Sports that load the legs alike."""

    RUN = 0
    RIDE = 1
    STRENGTH = 2
    SWIM = 3
    WALK = 4
    OTHER = 5


FAMILIES: dict[str, Family] = {
    **dict.fromkeys(RUNS, Family.RUN),
    **dict.fromkeys(RIDES, Family.RIDE),
    **dict.fromkeys(STRENGTH, Family.STRENGTH),
    "Handcycle": Family.SWIM,
    "Rowing": Family.SWIM,
    "Kayaking": Family.SWIM,
    "Canoeing": Family.SWIM,
    "Swim": Family.SWIM,
    "Walk": Family.WALK,
    "Hike": Family.WALK,
    "Yoga": Family.WALK,
    "Golf": Family.WALK,
    "Wheelchair": Family.SWIM,
}
INDOOR = frozenset({"VirtualRun"})
NUMBERS = (
    "moving_s", "elapsed_s", "distance_m", "gain_m", "average_hr", "max_hr", "perceived_exertion",
    "relative_effort", "temperature_c", "cadence_spm", "utc_offset_s",
)  # fmt: skip
OBSERVED = attrgetter(*NUMBERS)
LEAST_M_OF_A_RECORD = 5000.0  # sprinters are faster over less


@dataclass(frozen=True, slots=True)
class Sessions:
    """Columns of equal length, by start; NaN = not observed. ``day`` is the ordinal of the training day,
    ``start_s`` epoch seconds, ``part`` the index of the activity that gives the session its link."""

    day: Ints
    start_s: Floats
    family: Ints
    moving_s: Floats
    elapsed_s: Floats
    distance_m: Floats
    gain_m: Floats
    average_hr: Floats
    max_hr: Floats
    perceived_exertion: Floats
    relative_effort: Floats
    temperature_c: Floats
    cadence_spm: Floats
    utc_offset_s: Floats
    race: Flags
    indoor: Flags
    part: Ints

    def __len__(self) -> int:
        return len(self.day)

    @property
    def is_run(self) -> Flags:
        return np.asarray(self.family == Family.RUN)

    @property
    def minutes(self) -> Floats:
        return self.moving_s / 60

    @property
    def speed_mps(self) -> Floats:
        return self.distance_m / self.moving_s

    def take(self, chosen: Ints | Flags) -> "Sessions":
        """The chosen rows."""
        return Sessions(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})


def sessions_of(activities: Sequence[Activity], gates: Gates) -> Sessions:
    """Columns of the activities, whatever their order: values that cannot be true left out, doubles
    dropped, forgotten watches left out, recordings of one kind that follow within ``merge_gap_min`` of
    each other joined.

    Only recordings of the same training day are compared, so that no later day can change an earlier.
    """
    rows = _columns(activities)
    rows = rows.take(np.lexsort((_identity_rank(activities), rows.start_s)))
    rows = _believed(rows, activities, gates)
    rows = rows.take(~_doubles(rows, gates))
    rows = rows.take(~_forgotten(rows, gates))
    rows = rows.take(np.lexsort((rows.start_s, rows.family, rows.day)))
    merged = _merged(rows, gates)
    return merged.take(np.argsort(merged.start_s, kind="stable"))


def _identity_rank(activities: Sequence[Activity]) -> Ints:
    """A stable second key, so that the order of the input never matters."""
    order = sorted(range(len(activities)), key=lambda i: activities[i].external_id)
    return np.argsort(np.array(order, dtype=np.int64))


def _ends(rows: Sessions, gates: Gates) -> Floats:
    """When each recording stopped; a watch left running is not believed beyond the joining gap."""
    return rows.start_s + np.minimum(rows.elapsed_s, rows.moving_s + gates.merge_gap_min * 60)


def _columns(activities: Sequence[Activity]) -> Sessions:
    observed = np.array([OBSERVED(a) for a in activities], dtype=np.float64)  # None becomes NaN
    return Sessions(
        day=np.array([a.training_day.toordinal() for a in activities], dtype=np.int64),
        start_s=np.array([a.start.timestamp() for a in activities], dtype=np.float64),
        family=np.array([FAMILIES.get(a.sport, Family.OTHER) for a in activities], dtype=np.int64),
        **dict(zip(NUMBERS, observed.reshape(-1, len(NUMBERS)).T.copy(), strict=True)),
        race=np.array([a.is_race for a in activities], dtype=np.bool_),
        indoor=np.array([a.trainer or a.sport in INDOOR for a in activities], dtype=np.bool_),
        part=np.arange(len(activities), dtype=np.int64),
    )


def _believed(rows: Sessions, activities: Sequence[Activity], gates: Gates) -> Sessions:
    """The rows without heart rates that nobody has or that are steps, and without the distance of "runs"
    that are faster than any record."""
    hr = believable(rows.average_hr, gates)
    runs = np.flatnonzero(rows.is_run)
    own = rows.take(runs)
    laps = [activities[part].laps for part in own.part]
    values = (hr[runs], own.cadence_spm, own.speed_mps, own.temperature_c)
    hr[runs[cadence_locked(own.day, *values, laps, gates)]] = np.nan
    ridden = rows.is_run & (rows.distance_m > LEAST_M_OF_A_RECORD) & (rows.speed_mps > gates.fastest_run_mps)
    return replace(
        rows,
        average_hr=hr,
        max_hr=np.where(np.isnan(hr), np.nan, believable(rows.max_hr, gates)),
        distance_m=np.where(ridden, 0.0, rows.distance_m),
    )


def _doubles(rows: Sessions, gates: Gates) -> Flags:
    """The poorer of two recordings of the same thing (watch and phone)."""
    end = _ends(rows, gates)
    apart = np.diff(rows.start_s)
    overlap = np.minimum(end[1:], end[:-1]) - rows.start_s[1:]
    lasted = end - rows.start_s
    shorter = np.minimum(lasted[1:], lasted[:-1])
    same = (apart < gates.double_start_s) | (overlap >= gates.double_overlap * shorter)
    same &= np.diff(rows.day) == 0
    richness = (
        4.0 * ~np.isnan(rows.average_hr)
        + 2.0 * ~np.isnan(rows.perceived_exertion)
        + 1.0 * (rows.distance_m > 0)
        + rows.moving_s / (1.0 + rows.moving_s)
    )
    doubles = np.zeros(len(rows), dtype=np.bool_)
    doubles[1:] |= same & (richness[1:] <= richness[:-1])
    doubles[:-1] |= same & (richness[1:] > richness[:-1])
    return doubles


def _forgotten(rows: Sessions, gates: Gates) -> Flags:
    """Runs whose watch was left running."""
    speed = rows.speed_mps
    return rows.is_run & (rows.distance_m > 0) & (speed < gates.slowest_run_mps)


def _merged(rows: Sessions, gates: Gates) -> Sessions:
    """One row a session; ``rows`` come by day, family and start."""
    if len(rows) == 0:
        return rows
    end = _ends(rows, gates)
    gap_s = rows.start_s[1:] - end[:-1]
    joined = (np.diff(rows.day) == 0) & (np.diff(rows.family) == 0) & (gap_s <= gates.merge_gap_min * 60)
    first = np.flatnonzero(np.concatenate(([True], ~joined)))
    if len(first) == len(rows):
        return rows

    def mean(values: Floats) -> Floats:
        weight = np.where(np.isnan(values), 0.0, rows.moving_s)
        total = np.add.reduceat(weight, first)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 0, np.add.reduceat(np.nan_to_num(values) * weight, first) / total, np.nan)

    def summed(values: Floats) -> Floats:
        known = np.add.reduceat((~np.isnan(values)).astype(np.float64), first)
        return np.where(known > 0, np.add.reduceat(np.nan_to_num(values), first), np.nan)

    longest = np.lexsort(
        (-rows.moving_s, np.repeat(np.arange(len(first)), np.diff(np.append(first, len(rows)))))
    )
    return Sessions(
        day=rows.day[first],
        start_s=rows.start_s[first],
        family=rows.family[first],
        moving_s=summed(rows.moving_s),
        elapsed_s=summed(rows.elapsed_s),
        distance_m=summed(rows.distance_m),
        gain_m=summed(rows.gain_m),
        average_hr=mean(rows.average_hr),
        max_hr=np.fmax.reduceat(rows.max_hr, first),
        perceived_exertion=mean(rows.perceived_exertion),
        relative_effort=summed(rows.relative_effort),
        temperature_c=mean(rows.temperature_c),
        cadence_spm=mean(rows.cadence_spm),
        utc_offset_s=rows.utc_offset_s[first],
        race=np.logical_or.reduceat(rows.race, first),
        indoor=np.logical_or.reduceat(rows.indoor, first),
        part=rows.part[longest[first]],
    )

"""An athlete's sessions as columns: false values left out, doubles dropped, joined recordings made one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from operator import attrgetter
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from service.analyse.sections import Gates
from service.analyse.sensors import believable, cadence_locked
from service.analyse.trailing import median, trailing
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


def sessions_of(
    activities: Sequence[Activity], gates: Gates, told: Mapping[int, int] = MappingProxyType({})
) -> Sessions:
    """Columns of the activities, whatever their order: values that cannot be true left out, doubles
    dropped, forgotten watches left out, recordings of one kind that follow within ``merge_gap_min`` of
    each other joined. ``told`` are the efforts of days (ordinals) that the athlete told us.

    Only recordings of the same training day are compared, so that no later day can change an earlier.
    """
    rows = _columns(activities)
    rows = rows.take(np.lexsort((_identity_rank(activities), rows.start_s)))
    rows = _believed(rows, activities, gates)
    rows = rows.take(~_doubles(rows, gates))
    rows = rows.take(~_forgotten(rows, gates))
    rows = _rated(rows, told)
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
    ridden = rows.is_run & (rows.distance_m > LEAST_M_OF_A_RECORD) & (rows.speed_mps > _fastest(rows, gates))
    return replace(
        rows,
        average_hr=hr,
        max_hr=np.where(np.isnan(hr), np.nan, believable(rows.max_hr, gates)),
        distance_m=np.where(ridden, 0.0, rows.distance_m),
    )


def _fastest(rows: Sessions, gates: Gates) -> Floats:
    """The speed beyond which a run of that length is a ride under another name, or a leap of the position:
    above any record, which falls with length by Riegel's exponent (1981), or far above the own usual."""
    with np.errstate(invalid="ignore", divide="ignore"):
        longer = np.maximum(rows.distance_m / LEAST_M_OF_A_RECORD, 1.0)
    records = gates.fastest_run_mps * longer**-gates.record_falls
    able = rows.is_run & ~rows.indoor & (rows.distance_m > LEAST_M_OF_A_RECORD)
    own = np.where(able, rows.speed_mps, np.nan)
    usual = trailing(rows.day, own, gates.own_days, gates.own_runs, median)
    return np.fmin(records, gates.own_leap * usual)


def _doubles(rows: Sessions, gates: Gates) -> Flags:
    """Recordings of what another one recorded too (watch and phone, a phone in two halves, three devices)."""
    end = _ends(rows, gates)
    doubles = np.zeros(len(rows), dtype=np.bool_)
    same_day = np.flatnonzero(np.diff(rows.day) == 0)
    for day in np.unique(rows.day[same_day]).tolist():
        own = np.flatnonzero(rows.day == day)
        kept: list[int] = []
        for row in own[np.lexsort((own, -_worth(rows, own)))].tolist():
            rivals = [each for each in kept if _same(row, each, rows, end, gates)]
            if all(_longer(row, each, rows, end, gates) for each in rivals):
                doubles[rivals] = True  # pieces, however rich, are no reason to lose the whole
                kept = [*(each for each in kept if each not in rivals), row]
            else:
                doubles[row] = True
    return doubles


def _worth(rows: Sessions, own: Ints) -> Floats:
    """Which of two recordings of one thing to keep: a run before another name for it, then the richer."""
    some = rows.take(own)
    return np.asarray(
        8.0 * some.is_run
        + 4.0 * ~np.isnan(some.average_hr)
        + 2.0 * ~np.isnan(some.perceived_exertion)
        + 1.0 * (some.distance_m > 0)
        + some.moving_s / (1.0 + some.moving_s)
    )


def _common(one: int, other: int, rows: Sessions, end: Floats) -> float:
    return float(min(end[one], end[other]) - max(rows.start_s[one], rows.start_s[other]))


def _same(one: int, other: int, rows: Sessions, end: Floats, gates: Gates) -> bool:
    """Of one kind: started together, or the shorter lies within the longer. Of two kinds each must lie within
    the other: a lift before a run, or yoga within a ride, is no second recording of it."""
    lasted = sorted(end[each] - rows.start_s[each] for each in (one, other))
    common = _common(one, other, rows, end)
    if rows.family[one] != rows.family[other]:
        return bool(common >= gates.double_overlap * lasted[1])
    together = abs(rows.start_s[one] - rows.start_s[other]) < gates.double_start_s
    return bool(together or common >= gates.double_overlap * lasted[0])


def _longer(row: int, rival: int, rows: Sessions, end: Floats, gates: Gates) -> bool:
    """Whether ``row`` holds much that ``rival`` lacks."""
    lasted = end[row] - rows.start_s[row]
    return bool(_common(row, rival, rows, end) < gates.double_overlap * lasted)


def _forgotten(rows: Sessions, gates: Gates) -> Flags:
    """Runs whose watch was left running."""
    speed = rows.speed_mps
    return rows.is_run & (rows.distance_m > 0) & (speed < gates.slowest_run_mps)


def _rated(rows: Sessions, told: Mapping[int, int]) -> Sessions:
    """The longest run of each day with what was told of it (0 to 10 for all of it: Foster et al. 2001). A
    rating that came with the run stands."""
    felt = rows.perceived_exertion.copy()
    for day, effort in told.items():
        runs = np.flatnonzero(rows.is_run & (rows.day == day))
        if len(runs):
            longest = runs[np.argmax(rows.moving_s[runs])]
            felt[longest] = effort if np.isnan(felt[longest]) else felt[longest]
    return replace(rows, perceived_exertion=felt)


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

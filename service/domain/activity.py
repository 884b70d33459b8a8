"""One recorded session, whichever door it came through."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

DAY_BEGINS = timedelta(hours=4, minutes=30)
"""A training day begins at 04:30 local, the instant its night is judged: a run at 01:00 belongs to
the evening before, and no night can see a session of its own day."""


class Source(StrEnum):
    """Where a row came from; it decides how long the row may be kept."""

    STRAVA = "strava"
    ARCHIVE = "archive"


RUNS = frozenset({"Run", "TrailRun", "VirtualRun"})
STRENGTH = frozenset({"WeightTraining", "Workout", "Crossfit", "HighIntensityIntervalTraining", "Pilates"})
RIDES = frozenset({"Ride", "VirtualRide", "GravelRide", "MountainBikeRide", "EBikeRide", "EMountainBikeRide"})
RACE = 1
"""``workout_type`` of a run that the athlete marked as a race."""


@dataclass(frozen=True, slots=True)
class Split:
    """About one kilometre of a run, as Strava's detailed activity reports it. ``elapsed_s`` less
    ``moving_s`` is how long the runner stood in it; ``elevation_m`` is its end above its beginning."""

    distance_m: float
    moving_s: int
    elevation_m: float | None = None
    average_hr: float | None = None
    grade_adjusted_mps: float | None = None
    elapsed_s: int | None = None


@dataclass(frozen=True, slots=True)
class Lap:
    """One lap of a session; the only place where a detailed activity has cadence over time."""

    start: datetime
    distance_m: float
    moving_s: int
    average_hr: float | None = None
    cadence_spm: float | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One session. Times are aware UTC; metres, seconds, beats a minute, steps a minute, °C.

    ``None`` always means "not observed", never zero. ``splits`` and ``laps`` are empty until the
    detailed activity has been read (``detailed``).
    """

    source: Source
    external_id: str
    sport: str
    start: datetime
    utc_offset_s: int
    moving_s: int
    elapsed_s: int
    distance_m: float = 0.0
    gain_m: float | None = None
    average_hr: float | None = None
    max_hr: float | None = None
    cadence_spm: float | None = None
    temperature_c: float | None = None
    perceived_exertion: float | None = None
    relative_effort: float | None = None
    workout_type: int | None = None
    trainer: bool = False
    manual: bool = False
    start_hidden: bool = False
    device: str | None = None
    gear_id: str | None = None
    detailed: bool = False
    splits: tuple[Split, ...] = field(default=())
    laps: tuple[Lap, ...] = field(default=())

    @property
    def end(self) -> datetime:
        """When the recording stopped (UTC)."""
        return self.start + timedelta(seconds=max(self.elapsed_s, self.moving_s))

    @property
    def local_start(self) -> datetime:
        """Wall time at the start, without a zone."""
        return (self.start + timedelta(seconds=self.utc_offset_s)).replace(tzinfo=None)

    @property
    def training_day(self) -> date:
        """The local day the session counts for; see ``DAY_BEGINS``. A hidden start is reported as local
        midnight: its day is right and its hour is not, so it is no run of the night before."""
        before = timedelta(0) if self.start_hidden else DAY_BEGINS
        return (self.local_start - before).date()

    @property
    def is_run(self) -> bool:
        return self.sport in RUNS

    @property
    def is_race(self) -> bool:
        return self.is_run and self.workout_type == RACE


def longest_run(activities: Iterable[Activity], day: date) -> Activity | None:
    """The run of that training day which moved longest; ``None`` without one."""
    runs = (each for each in activities if each.is_run and each.training_day == day)
    return max(runs, key=lambda each: each.moving_s, default=None)

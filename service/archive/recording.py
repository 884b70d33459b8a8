"""One recording, whatever its format, as the session it was."""

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.archive.found import Unreadable
from service.archive.track import HIGHEST_HR, LOWEST_HR, Track
from service.domain.activity import RUNS, Activity, Lap, Source

EARLIEST_YEAR = 2000  # satellite watches for runners are younger; older dates are clocks never set
LONGEST_S = 7 * 86_400
LONGEST_M = 2_000_000.0
FASTEST_RUN_MPS = 12.5
HIGHEST_MEAN_HR = 220.0  # nobody holds more for a whole session: an interfering strap
WRONG_BEATS = 0.1  # above this share of impossible beats none of the others are believed
STEPS_FROM_STRIDES_BELOW = 110.0
QUARTER_HOUR_S = 900
WIDEST_OFFSET_S = 14 * 3600
COLDEST_C, HOTTEST_C = -50.0, 60.0


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file says of one session. ``None`` = it does not say; the track then stands in.

    ``start`` is aware UTC, ``timer_s`` the seconds its watch was running, ``utc_offset_s`` its local time.
    """

    sport: str
    start: datetime
    track: Track
    utc_offset_s: int | None = None
    timer_s: float | None = None
    elapsed_s: float | None = None
    distance_m: float | None = None
    climb_m: float | None = None
    average_hr: float | None = None
    max_hr: float | None = None
    cadence: float | None = None
    temperature_c: float | None = None
    trainer: bool = False
    device: str | None = None
    laps: tuple[Lap, ...] = field(default=())


def activity_of(recording: Recording, identity: str, zone: str) -> tuple[Activity, tuple[str, ...]]:
    """The session and what was not believed of it. ``zone`` (IANA) stands in where the file has no local
    time. Raises ``Unreadable`` for what cannot be a session."""
    doubts: list[str] = []
    _check_start(recording.start)
    track, wrong = recording.track.believed()
    elapsed_s, moving_s = _durations(recording, track)
    average_hr, max_hr = _heart(recording, track, wrong, doubts)
    distance_m = _distance(recording, track, moving_s, doubts)
    cadence = recording.cadence or track.mean("cadence")
    temperature = _first(recording.temperature_c, track.mean("temperature_c"))
    climb = _first(recording.climb_m, track.climb_m)
    hearts = track if average_hr is not None else replace(track, heart_rate=track.heart_rate * math.nan)
    activity = Activity(
        source=Source.ARCHIVE,
        external_id=identity,
        sport=recording.sport,
        start=recording.start,
        utc_offset_s=_offset(recording, zone),
        moving_s=moving_s,
        elapsed_s=elapsed_s,
        distance_m=round(distance_m, 1),
        gain_m=None if climb is None or not 0 <= climb <= 20_000 else round(climb, 1),
        average_hr=average_hr,
        max_hr=max_hr,
        cadence_spm=steps(cadence) if recording.sport in RUNS else None,
        temperature_c=None if temperature is None else _within(temperature, COLDEST_C, HOTTEST_C),
        trainer=recording.trainer,
        device=recording.device,
        detailed=True,
        splits=hearts.splits() if recording.sport in RUNS else (),
        laps=recording.laps,
    )
    return activity, tuple(doubts)


def steps(cadence: float | None) -> float | None:
    """Steps a minute; recorders count one foot."""
    if not cadence or not 0 < cadence <= 300:
        return None
    return round(cadence * 2 if cadence < STEPS_FROM_STRIDES_BELOW else cadence, 1)


def zone_offset(zone: str, at: datetime) -> int:
    """Seconds east of Greenwich in ``zone`` at ``at``; 0 for a zone nobody knows."""
    try:
        offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return 0
    return round(offset.total_seconds()) if offset is not None else 0


def local_offset(utc_s: float, local_s: float) -> int | None:
    """The offset two clocks show, if it is one of a zone (whole quarter hours, two minutes of slack)."""
    quarters = round((local_s - utc_s) / QUARTER_HOUR_S)
    offset = quarters * QUARTER_HOUR_S
    if abs(local_s - utc_s - offset) > 120 or abs(offset) > WIDEST_OFFSET_S:
        return None
    return offset or None  # zero is what watches write that do not know their zone


def moment(epoch_s: float) -> datetime:
    """Epoch seconds as aware UTC. Raises ``Unreadable`` beyond what a calendar holds."""
    try:
        return datetime.fromtimestamp(epoch_s, UTC)
    except (OverflowError, OSError, ValueError):
        raise Unreadable("its clock shows no date; export it again from the watch") from None


def _check_start(start: datetime) -> None:
    if start.year < EARLIEST_YEAR:
        raise Unreadable(f"its clock was never set (it says {start.year}); nothing can be dated by it")


def _durations(recording: Recording, track: Track) -> tuple[int, int]:
    """Elapsed and moving seconds, elapsed never the shorter."""
    span = float(track.time_s[-1] - track.time_s[0]) if len(track) else 0.0
    elapsed = _positive(recording.elapsed_s) or span or _positive(recording.timer_s) or 0.0
    timer = _positive(recording.timer_s)
    moving = track.moving_s if len(track) > 1 else 0.0
    if timer is not None:
        moving = min(moving, timer) if moving >= timer / 2 else timer
    moving = moving or elapsed
    if moving < 1:
        raise Unreadable("it has no duration: no session was recorded in it")
    if max(elapsed, moving) > LONGEST_S:
        raise Unreadable("it lasts longer than a week; its clock jumped")
    return max(round(elapsed), round(moving)), round(moving)


def _heart(
    recording: Recording, track: Track, wrong: int, doubts: list[str]
) -> tuple[float | None, float | None]:
    beats = track.observed("heart_rate")
    if wrong and wrong > WRONG_BEATS * (beats + wrong):
        doubts.append(f"{wrong} of {beats + wrong} heart rates cannot be true; all are left out")
        return None, None
    if wrong:
        doubts.append(f"{wrong} heart rates cannot be true; they are left out")
    average = track.mean("heart_rate") or _within(recording.average_hr or 0.0, LOWEST_HR, HIGHEST_HR)
    highest = track.highest("heart_rate") or _within(recording.max_hr or 0.0, LOWEST_HR, HIGHEST_HR)
    if average is not None and average > HIGHEST_MEAN_HR:
        doubts.append("the mean heart rate cannot be true; the heart rate is left out")
        return None, None
    return _rounded(average), _rounded(highest)


def _distance(recording: Recording, track: Track, moving_s: int, doubts: list[str]) -> float:
    distance = _positive(recording.distance_m) or track.covered_m
    if distance > LONGEST_M or (recording.sport in RUNS and distance > FASTEST_RUN_MPS * moving_s):
        doubts.append("the distance is faster than anyone runs; it is left out")
        return 0.0
    return distance


def _offset(recording: Recording, zone: str) -> int:
    if recording.utc_offset_s is not None:
        return recording.utc_offset_s
    return zone_offset(zone, recording.start)


def _first(said: float | None, summed: float | None) -> float | None:
    return said if said is not None else summed


def _positive(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and value > 0 else None


def _within(value: float, low: float, high: float) -> float | None:
    return round(value, 1) if low <= value <= high else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)

"""Strava's JSON, summary or detailed, as the session it describes.

Tolerant of what Strava really sends (integers that are floats, missing keys, sports not heard of yet)
and strict about what cannot be true. Titles, descriptions, coordinates and maps are never read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.domain.activity import RUNS, Activity, Lap, Source, Split
from service.domain.text import printable
from service.errors import FreshlegsError

Row = Mapping[str, Any]

LONGEST_S = 7 * 86_400  # a recording of more than a week is a broken clock, not a session
LONGEST_M = 2_000_000.0
LOWEST_HR, HIGHEST_HR = 30.0, 240.0  # outside no heart beats while its owner exercises
COLDEST_C, HOTTEST_C = -50.0, 60.0
FASTEST_RUN_MPS = 12.5
STEPS_FROM_STRIDES_BELOW = 110.0  # running cadence is one foot a minute; nobody runs at 110 steps a minute
EARLIEST_YEAR, LATEST_YEAR = 1990, 2200
UTC_OFFSET_S = 14 * 3600  # the furthest zone
HIGHEST_M = 20_000.0
LARGEST_WHOLE = 2**31 - 1  # what a column of integers holds
FAR_OFFSET = "is more than 14 hours; seconds east of Greenwich are expected"


class RowRejected(FreshlegsError):
    """A row that cannot be a session; ``field`` and ``reason`` go to the quarantine, no value does."""

    code = "row_rejected"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Doubt:
    """One value of a usable row that was not believed: the session is kept without it."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """A session and the values of its row that were not believed."""

    activity: Activity
    doubts: tuple[Doubt, ...]


def activity_from_json(row: Row, *, source: Source = Source.STRAVA) -> Activity:
    """The session of one summary or detailed activity. Raises ``RowRejected``."""
    return read_row(row, source=source).activity


def read_row(row: object, *, source: Source = Source.STRAVA, zone: str = "UTC") -> Mapped:
    """Like ``activity_from_json``, and says which single values were dropped. ``zone`` is that of a row
    which says nothing of its own. Raises ``RowRejected``."""
    if not isinstance(row, Mapping):
        raise RowRejected("row", "is not a JSON object; one activity a row is expected")
    doubts: list[Doubt] = []
    sport = _sport(row)
    moving_s, elapsed_s = _durations(row)
    start, offset_s = _start(row, zone)
    heart = _Heart.of(row, doubts)
    distance_m = _within(row, "distance", 0.0, LONGEST_M, doubts) or 0.0
    if sport in RUNS and distance_m > FASTEST_RUN_MPS * moving_s:
        doubts.append(Doubt("distance", "is faster than anyone runs; the distance is left out"))
        distance_m = 0.0
    local = start + timedelta(seconds=offset_s)
    splits = _splits(row.get("splits_metric"))
    activity = Activity(
        source=source,
        external_id=_identity(row),
        sport=sport,
        start=start,
        utc_offset_s=offset_s,
        moving_s=moving_s,
        elapsed_s=elapsed_s,
        distance_m=distance_m,
        gain_m=_within(row, "total_elevation_gain", 0.0, HIGHEST_M, doubts),
        average_hr=heart.average,
        max_hr=heart.highest,
        cadence_spm=_cadence(row, sport, doubts),
        temperature_c=_within(row, "average_temp", COLDEST_C, HOTTEST_C, doubts),
        perceived_exertion=_within(row, "perceived_exertion", 1.0, 10.0, doubts),
        relative_effort=_within(row, "suffer_score", 0.0, 5_000.0, doubts),
        workout_type=_whole(row.get("workout_type")),
        trainer=row.get("trainer") is True,
        manual=row.get("manual") is True,
        start_hidden=(local.hour, local.minute, local.second) == (0, 0, 1),
        device=_text(row.get("device_name")),
        gear_id=_text(row.get("gear_id")),
        detailed=_whole(row.get("resource_state")) == 3 or bool(splits) or "splits_metric" in row,
        splits=splits,
        laps=_laps(row.get("laps"), sport),
    )
    return Mapped(activity, tuple(doubts))


@dataclass(frozen=True, slots=True)
class _Heart:
    average: float | None
    highest: float | None

    @classmethod
    def of(cls, row: Row, doubts: list[Doubt]) -> "_Heart":
        if row.get("heartrate_opt_out") is True or row.get("has_heartrate") is False:
            return cls(None, None)
        average = _within(row, "average_heartrate", LOWEST_HR, HIGHEST_HR, doubts)
        highest = _within(row, "max_heartrate", LOWEST_HR, HIGHEST_HR, doubts)
        if average is not None and highest is not None and highest < average:
            doubts.append(Doubt("max_heartrate", "is below the average; it is left out"))
            highest = None
        return cls(average, highest)


def _identity(row: Row) -> str:
    identity = row.get("id")
    known = isinstance(identity, int | str) and not isinstance(identity, bool)
    if not known or not str(identity).strip() or not _plain(str(identity)):
        raise RowRejected("id", "is missing; without it the session cannot be told from its double")
    return str(identity)


def _sport(row: Row) -> str:
    """``sport_type`` where there is one: ``type`` still says Run of a trail run."""
    for key in ("sport_type", "type"):
        sport = row.get(key)
        if isinstance(sport, str) and 0 < len(sport) <= 64 and _plain(sport):
            return sport
    raise RowRejected("sport_type", "is missing; sport_type or type must name the sport")


def _durations(row: Row) -> tuple[int, int]:
    """Moving and elapsed seconds, each standing in for the other; elapsed is never the shorter."""
    moving, elapsed = (_number(row.get(key)) for key in ("moving_time", "elapsed_time"))
    for key, value in (("moving_time", moving), ("elapsed_time", elapsed)):
        if value is not None and value < 0:
            raise RowRejected(key, "is negative; a duration in seconds is expected")
        if value is not None and value > LONGEST_S:
            raise RowRejected(key, "is longer than a week; a duration in seconds is expected")
    moving_s = round(moving or elapsed or 0.0)
    if moving_s == 0:
        raise RowRejected("moving_time", "is missing or zero; a session has a duration in seconds")
    return moving_s, max(moving_s, round(elapsed or 0.0))


def _start(row: Row, zone: str) -> tuple[datetime, int]:
    """Start in UTC and offset then. The ``timezone`` prefix is the standard offset: wrong half the year."""
    start = _instant(row.get("start_date"))
    local = _instant(row.get("start_date_local"))  # its Z is false: it is wall time
    offset = _number(row.get("utc_offset"))
    if offset is not None and abs(offset) > UTC_OFFSET_S:
        raise RowRejected("utc_offset", FAR_OFFSET)
    if start is None and local is not None and offset is not None:
        start = local - timedelta(seconds=offset)
    if start is None or not EARLIEST_YEAR <= start.year <= LATEST_YEAR:
        raise RowRejected("start_date", "is missing or not a date like 2026-03-01T07:30:00Z")
    if offset is None and local is not None:
        offset = (local - start).total_seconds()
    if offset is None:
        offset = _zone_offset(row.get("timezone") or zone, start)
    if abs(offset) > UTC_OFFSET_S:
        raise RowRejected("utc_offset", FAR_OFFSET)
    return start, round(offset)


def _zone_offset(timezone: object, at: datetime) -> float:
    name = str(timezone).rpartition(" ")[2]
    try:
        offset = at.astimezone(ZoneInfo(name)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return 0.0
    return offset.total_seconds() if offset is not None else 0.0


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1 east of Greenwich
        return None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None or abs(number) > LARGEST_WHOLE else int(number)


def _plain(text: str) -> bool:
    return printable(text) == text


def _text(value: object) -> str | None:
    return printable(value) or None if isinstance(value, str) else None


def _within(row: Row, key: str, low: float, high: float, doubts: list[Doubt]) -> float | None:
    """The number under ``key`` if it can be true; else ``None`` and, if something stood there, a doubt."""
    value = row.get(key)
    number = _number(value)
    if number is not None and low <= number <= high:
        return number
    if value is not None:
        doubts.append(Doubt(key, f"is not a number from {low:g} to {high:g}; it is left out"))
    return None


def _cadence(row: Row, sport: str, doubts: list[Doubt]) -> float | None:
    cadence = _within(row, "average_cadence", 0.0, 300.0, doubts)
    return _steps(cadence) if sport in RUNS and cadence else None


def _steps(cadence: float) -> float:
    return cadence * 2 if cadence < STEPS_FROM_STRIDES_BELOW else cadence


def _rows(value: object) -> list[Row]:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return (
        [row for row in value if isinstance(row, Mapping)] if is_list and isinstance(value, Sequence) else []
    )


def _splits(value: object) -> tuple[Split, ...]:
    return tuple(
        Split(
            distance_m=distance,
            moving_s=moving_s,
            elevation_m=_within(row, "elevation_difference", -HIGHEST_M, HIGHEST_M, []),
            average_hr=_believable_hr(row),
            grade_adjusted_mps=_within(row, "average_grade_adjusted_speed", 0.0, FASTEST_RUN_MPS, []) or None,
            elapsed_s=_standing(row, moving_s),
        )
        for row, distance, moving_s in _pieces(value)
    )


def _laps(value: object, sport: str) -> tuple[Lap, ...]:
    laps = []
    for row, distance, moving_s in _pieces(value):
        start = _instant(row.get("start_date"))
        if start is None:
            continue
        cadence = _number(row.get("average_cadence")) if sport in RUNS else None
        laps.append(Lap(start, distance, moving_s, _believable_hr(row), _steps(cadence) if cadence else None))
    return tuple(laps)


def _pieces(value: object) -> list[tuple[Row, float, int]]:
    """Rows of splits or laps that have a length and a duration."""
    found = []
    for row in _rows(value):
        distance, moving = _number(row.get("distance")), _number(row.get("moving_time"))
        if distance and moving and 0 < distance <= LONGEST_M and 0 < moving <= LONGEST_S:
            found.append((row, distance, round(moving)))
    return found


def _standing(row: Row, moving_s: int) -> int | None:
    """Elapsed seconds of a piece; ``None`` where they are missing or shorter than the moving ones."""
    elapsed = _number(row.get("elapsed_time"))
    return round(elapsed) if elapsed is not None and moving_s <= elapsed <= LONGEST_S else None


def _believable_hr(row: Row) -> float | None:
    heart_rate = _number(row.get("average_heartrate"))
    return heart_rate if heart_rate is not None and LOWEST_HR <= heart_rate <= HIGHEST_HR else None

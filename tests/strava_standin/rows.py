"""Sessions in Strava's words: the summary row of the activity list, field for field as recorded in 2025."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from .runner import Session

CANARY_TITLE = "Canary Loop With Sam"
CANARY_POLYLINE = "canary~polyline~never~keep"
CANARY_DESCRIPTION = "Canary description: never keep"
CANARY_PLACE = [0.0123, 0.0321]
CANARIES = (CANARY_TITLE, CANARY_POLYLINE, CANARY_DESCRIPTION, "0.0123", "0.0321")
"""Strings that must never be found in a database, a log or a mail."""
Row = dict[str, Any]


@lru_cache
def timezone_label(zone: str) -> str:
    """Strava's lying label: always the standard offset, whatever the season."""
    info = ZoneInfo(zone)
    offsets = [datetime(2025, month, 15, tzinfo=info).utcoffset() or timedelta() for month in (1, 7)]
    minutes = int(min(offsets).total_seconds() // 60)
    return f"(GMT{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}) {zone}"


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _title(session: Session) -> str:
    if session.number % 7 == 0:
        return CANARY_TITLE
    hour = (session.start + timedelta(seconds=session.utc_offset_s)).hour
    parts = ((5, "Night"), (11, "Morning"), (14, "Lunch"), (17, "Afternoon"), (21, "Evening"), (25, "Night"))
    part = next(name for until, name in parts if hour < until)
    thing = {"WeightTraining": "Weight Training", "Ride": "Ride"}.get(session.sport, "Run")
    return f"{part} {thing}"


def _wobble(value: float) -> float | int:
    """Strava writes some round numbers as integers, others as floats."""
    return int(value) if value == int(value) and int(value) % 2 == 0 else value


def relative_effort(session: Session) -> float | None:
    """A made-up "suffer score": about 1.5 a minute, more when harder. ``None`` without heart rate."""
    points = 0.0
    for block in session.blocks:
        if block.heart_rate is None:
            return None
        points += block.seconds / 60 * 2.2 * (block.heart_rate / session.runner.hr_max / 0.85) ** 5
    return float(round(points))


def average(pairs: list[tuple[float, int]]) -> float:
    return sum(value * seconds for value, seconds in pairs) / max(1, sum(seconds for _, seconds in pairs))


def _sensors(session: Session) -> Row:
    row: Row = {}
    steps = [(block.cadence / 2, block.seconds) for block in session.blocks if block.cadence is not None]
    if steps:
        row["average_cadence"] = round(average(steps), 1)
    if session.temperature_c is not None:
        row["average_temp"] = session.temperature_c
    beats = [(block.heart_rate, block.seconds) for block in session.blocks if block.heart_rate is not None]
    row["has_heartrate"] = bool(beats)
    if beats:
        row["average_heartrate"] = round(average(beats), 1)
        row["max_heartrate"] = float(session.peak_hr or 0)
    row["heartrate_opt_out"] = False
    row["display_hide_heartrate_option"] = bool(beats)
    return row


def _speeds(session: Session) -> Row:
    top = max((block.speed for block in session.blocks), default=0.0) * 1.25
    spike = session.number % 11 == 0 and session.sport == "Run" and not session.manual
    maximum = 0 if session.manual else round(11.486 + session.number % 5, 3) if spike else round(top, 1)
    return {
        "average_speed": round(session.distance_m / max(1, session.moving_s), 3),
        "max_speed": _wobble(maximum),
    }


def _workout_type(session: Session) -> Row:
    if session.sport != "Run" or session.number % 6 == 0:
        return {}
    marked = {"race": 1, "long": 2 if session.number % 2 else None, "quality": 3 if session.number % 2 else 0}
    return {"workout_type": marked.get(session.form, None if session.number % 8 == 0 else 0)}


def _upload(session: Session) -> Row:
    if session.manual:
        return {"upload_id": None, "external_id": None}
    upload = session.id + 1_081_000_000
    name = f"garmin_ping_{session.id % 1_000_000_000}"
    return {"upload_id": upload, "upload_id_str": str(upload), "external_id": name}


def _place(session: Session) -> Row:
    outside = session.sport == "Run" and not session.manual
    place = CANARY_PLACE if outside and session.number % 3 == 0 else []
    return {"start_latlng": place, "end_latlng": place}


def summary(session: Session) -> Row:
    """The row of ``GET /athlete/activities``. Cadence is per leg, ``start_date_local`` ends in a false Z."""
    local = session.start + timedelta(seconds=session.utc_offset_s)
    row: Row = {
        "resource_state": 2,
        "athlete": {"id": session.runner.id, "resource_state": 1},
        "name": _title(session),
        "distance": session.distance_m,
        "moving_time": session.moving_s,
        "elapsed_time": session.elapsed_s,
        "total_elevation_gain": _wobble(session.gain_m),
        "type": session.sport,
        "sport_type": session.sport,
        **_workout_type(session),
        "device_name": "Garmin Forerunner 745",
        "id": session.id,
        "start_date": stamp(session.start),
        "start_date_local": stamp(local),
        "timezone": timezone_label(session.runner.zone),
        "utc_offset": float(session.utc_offset_s),
        "location_city": None,
        "location_state": None,
        "location_country": None,
        "achievement_count": session.number % 4,
        "kudos_count": session.number % 9,
        "comment_count": 0,
        "athlete_count": 1,
        "photo_count": 0,
        "map": {"id": f"a{session.id}", "summary_polyline": CANARY_POLYLINE, "resource_state": 2},
        "trainer": False,
        "commute": False,
        "manual": session.manual,
        "private": session.private,
        "visibility": "only_me" if session.private else "everyone",
        "flagged": False,
        "gear_id": f"g{session.runner.slot + 1}001" if session.sport == "Run" else None,
        **_place(session),
        **_speeds(session),
        **_sensors(session),
    }
    if not session.manual and session.sport != "WeightTraining":
        row |= {"elev_high": round(40 + session.gain_m / 2, 1), "elev_low": round(40 - session.gain_m / 9, 1)}
    row |= _upload(session)
    row |= {"from_accepted_tag": False, "pr_count": 0, "total_photo_count": 0, "has_kudoed": False}
    score = relative_effort(session)
    if score is not None:
        row["suffer_score"] = score
    if session.manual:
        del row["device_name"]
    return row

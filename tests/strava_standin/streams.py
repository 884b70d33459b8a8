"""Second by second: the eleven streams of a session, ending on the distance and the averages of its row."""

from random import Random
from typing import Any

from .rows import CANARY_PLACE
from .runner import Block, Session

KEYS = (
    "time",
    "distance",
    "latlng",
    "altitude",
    "velocity_smooth",
    "heartrate",
    "cadence",
    "watts",
    "temp",
    "moving",
    "grade_smooth",
)
Stream = list[Any]


def streams(session: Session) -> dict[str, Stream]:
    """Every stream the session has; missing sensors are missing keys, a manual session has none at all."""
    if session.manual:
        return {}
    rng = Random(f"streams:{session.id}")
    seconds = [block for block in session.blocks for _ in range(block.seconds)]
    found: dict[str, Stream] = {
        "time": _time(session, len(seconds)),
        "distance": _distance(session, seconds),
        "moving": [True] * len(seconds),
    }
    if session.distance_m:
        found |= _ground(seconds, rng)
    _sensors(session, seconds, found, rng)
    return found


def _time(session: Session, count: int) -> Stream:
    """Seconds since the start; the pauses are one gap in the middle."""
    half = count // 2
    return [second if second < half else second + session.pauses_s for second in range(count)]


def _distance(session: Session, seconds: list[Block]) -> Stream:
    metres, at = [], 0.0
    for block in seconds:
        at += block.speed
        metres.append(round(at, 1))
    if metres:
        metres[-1] = session.distance_m
    return metres


def _ground(seconds: list[Block], rng: Random) -> dict[str, Stream]:
    altitude, height = [], 40.0
    for block in seconds:
        height += block.climb_m / block.seconds
        altitude.append(round(height, 1))
    speed = [round(max(0.0, block.speed + rng.gauss(0, 0.05)), 3) for block in seconds]
    grade = [round(100 * block.climb_m / max(1.0, block.distance), 1) for block in seconds]
    return {
        "latlng": [CANARY_PLACE] * len(seconds),
        "altitude": altitude,
        "velocity_smooth": speed,
        "grade_smooth": grade,
    }


def _sensors(session: Session, seconds: list[Block], found: dict[str, Stream], rng: Random) -> None:
    if session.peak_hr is not None:
        found["heartrate"] = _exact_mean([block.heart_rate or 0.0 for block in seconds], rng)
        found["heartrate"][-60 if len(seconds) > 60 else -1] = int(session.peak_hr)
    if all(block.cadence is not None for block in seconds):
        found["cadence"] = _exact_mean([(block.cadence or 0.0) / 2 for block in seconds], rng)
        found["watts"] = [round(session.runner.weight_kg * block.speed * 1.04) for block in seconds]
    if session.temperature_c is not None:
        found["temp"] = [session.temperature_c] * len(seconds)


def _exact_mean(values: list[float], rng: Random) -> list[int]:
    """Whole numbers around ``values`` that keep their running mean: what rounding drops is carried on."""
    whole, carried = [], 0.0
    for value in values:
        wanted = value + carried + rng.choice((-1, 0, 0, 1))
        whole.append(round(wanted))
        carried = value + carried - whole[-1]
    return whole


def answer(session: Session, keys: list[str], *, by_type: bool) -> dict[str, Any] | list[dict[str, Any]]:
    """The streams as Strava sends them: an object by type, or a list that names each ``type``."""
    found = streams(session)
    wanted = {key: found[key] for key in KEYS if key in found and (not keys or key in keys)}
    shaped = {
        key: {"data": data, "series_type": "distance", "original_size": len(data), "resolution": "high"}
        for key, data in wanted.items()
    }
    return shaped if by_type else [{"type": key, **value} for key, value in shaped.items()]

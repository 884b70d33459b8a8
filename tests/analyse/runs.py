"""Made-up runs kilometre by kilometre, so that a test plants exactly what splits and laps may show."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from service.domain.activity import Activity, Lap, Split
from tests.analyse.people import heart_rate, run

Value = float | Sequence[float | None] | None


def each(value: Value, count: int) -> list[float | None]:
    """One value for all kilometres, or one for each."""
    return list(value) if isinstance(value, Sequence) else [value] * count


def detailed(
    day: int, *, km: int = 10, pace_s: Value = 330.0, hr: Value = None, climb_m: Value = 0.0,
    stood_s: Value = 0.0, spm: Value = None, **known: Any,
) -> Activity:  # fmt: skip
    """A run of whole kilometres with splits and laps. Averages are those of its kilometres."""
    paces, hearts, climbs, stands, steps = (each(v, km) for v in (pace_s, hr, climb_m, stood_s, spm))
    splits = tuple(
        Split(1000.0, round(pace), climb, beats, None, round(pace + (stood or 0.0)))
        for pace, beats, climb, stood in zip(paces, hearts, climbs, stands, strict=True)
    )
    moving = sum(split.moving_s for split in splits)
    own: dict[str, Any] = {
        "pace_s": moving / km,
        "average_hr": mean(hearts),
        "max_hr": None if mean(hearts) is None else max(b for b in hearts if b is not None) + 8,
        "cadence_spm": mean(steps),
        "gain_m": sum(max(climb or 0.0, 0.0) for climb in climbs),
        "detailed": True,
        "splits": splits,
    }
    plain = run(day, float(km), **(own | known))
    laps, at = [], plain.start
    for pace, beats, cadence in zip(paces, hearts, steps, strict=True):
        laps.append(Lap(at, 1000.0, round(pace), beats, cadence))
        at += timedelta(seconds=round(pace))
    return run(
        day, float(km), **(own | {"laps": tuple(laps), "elapsed_s": moving + round(sum(stands))} | known)
    )


def mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def usual(days: range, **known: Any) -> list[Activity]:
    """Ordinary runs of ten kilometres every other day, at paces and heart rates on one line."""
    found = []
    for day in days[::2]:
        pace = 320.0 + 10 * (day % 5)
        beats = heart_rate(pace)["average_hr"]
        found.append(
            detailed(day, pace_s=pace, **({"hr": beats, "spm": 168.0 + 8 * (1000 / pace - 3)} | known))
        )
    return found

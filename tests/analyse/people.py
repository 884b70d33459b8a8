"""Made-up athletes: sessions placed by day, so that a test says what it plants and nothing else."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from service.analyse.constants import Constants, load_constants
from service.domain.activity import Activity, Source
from service.domain.history import CheckIn, History

FIRST = date(2025, 1, 6)
"""A Monday."""
DAY = timedelta(days=1)
CONSTANTS: Constants = load_constants(Path(__file__).parents[2] / "config" / "heuristics.toml")
WEEK_KM = {1: 8.0, 3: 10.0, 4: 7.0, 6: 16.0}
"""Four runs a week, the long one on Sunday."""


def on(day: int) -> date:
    """The date of the day counted from ``FIRST``."""
    return FIRST + day * DAY


def session(
    day: int, *, at: time = time(17), minutes: float = 48.0, sport: str = "Run", **known: Any
) -> Activity:
    """One session that begins at a local clock time, in UTC+1."""
    start = datetime.combine(on(day), at, UTC) - timedelta(hours=1)
    plain = Activity(
        source=Source.STRAVA,
        external_id=f"{day}-{at:%H%M}-{sport}",
        sport=sport,
        start=start,
        utc_offset_s=3600,
        moving_s=round(minutes * 60),
        elapsed_s=round(minutes * 60),
    )
    return replace(plain, **known)


def run(day: int, km: float = 8.0, *, pace_s: float = 330.0, **known: Any) -> Activity:
    """A run of some kilometres at a pace in seconds a kilometre."""
    return session(day, minutes=km * pace_s / 60, distance_m=km * 1000, **known)


def heart_rate(pace_s: float, shift: float = 1.0) -> dict[str, float]:
    """Average heart rate on this athlete's line, moved by a factor."""
    average = (70.0 + 27.0 * 1000 / pace_s) * shift
    return {"average_hr": average, "max_hr": average + 20.0}


def steady(days: int, *, seed: int = 1, with_hr: bool = False) -> list[Activity]:
    """Four runs a week with ordinary noise and some skipped."""
    dice = Random(seed)
    found = []
    for day in range(days):
        km = WEEK_KM.get(day % 7)
        if km is None or dice.random() < 0.08:
            continue
        pace = dice.uniform(300, 360)
        known = heart_rate(pace, dice.gauss(1.0, 0.015)) if with_hr else {}
        found.append(run(day, km * dice.lognormvariate(0.0, 0.08), pace_s=pace, **known))
    return found


def answers(days: Iterable[int], **values: int) -> list[CheckIn]:
    """The same answers on each of the days."""
    return [CheckIn(on(day), **values) for day in days]


def history(activities: Iterable[Activity], checkins: Iterable[CheckIn] = (), **known: Any) -> History:
    """A history in order of time."""
    return History(
        tuple(sorted(activities, key=lambda a: a.start)),
        tuple(sorted(checkins, key=lambda c: c.date)),
        **known,
    )

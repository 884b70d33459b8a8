"""The kinds of athletes and the truth planted in each: what differs from their own normal, and when.

Days are counted from the onset (day 0). ``deserves`` says whether a warning would be right:
``yes``, ``perhaps`` (a question or advice is right, a warning defensible) or ``no``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Day:
    """How one day differs from normal. Fractions unless said otherwise; 0 and 1 are "as always"."""

    volume: float = 1.0
    long: float = 1.0
    every_day: bool = False
    rest: bool = False
    strength: bool = True
    heart_rate: float = 0.0
    peak_bpm: float = 0.0
    drift_bpm_per_min: float = 0.0
    effort: float = 0.0
    """Points of perceived exertion (1–10)."""
    speed: float = 0.0
    cadence: float = 0.0
    fade: float = 0.0
    """Loss of cadence over the last fifth of a run."""
    temperature_c: float | None = None
    sensor: str = "ok"
    """``ok``, ``locked`` (the optical sensor counts steps) or ``none``."""
    answers: float = 0.0
    """Points by which the morning answers fall (negative) or rise."""


NORMAL = Day()
Course = Callable[[int, int], Day]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of athlete. ``course(offset, weekday)`` is the planted truth; ``first``/``last`` its days."""

    name: str
    truth: str
    deserves: str
    course: Course
    zone: str
    causes: tuple[str, ...] = ()
    first: int | None = None
    last: int | None = None
    runner: Mapping[str, Any] = field(default_factory=dict)


def _between(offset: int, first: int, last: int, at_first: float, at_last: float) -> float:
    """Linear from one value to the other, held outside."""
    share = min(1.0, max(0.0, (offset - first) / (last - first)))
    return at_first + share * (at_last - at_first)


def _steady(offset: int, weekday: int) -> Day:
    return NORMAL


def _session_spike(offset: int, weekday: int) -> Day:
    since = (weekday - SUNDAY) % 7
    sunday = offset - since
    if 0 <= sunday < 7:
        size = 2.15
    elif 42 <= sunday < 49:
        size = 1.6
    else:
        return NORMAL
    if since == 0:
        return Day(long=size, effort=2.0, fade=0.05)
    if since <= 3:
        return Day(volume=0.7, heart_rate=0.04, effort=1.5, answers=-1.6)
    return NORMAL


def _overload_block(offset: int, weekday: int) -> Day:
    if 0 <= offset < 18:
        late = _between(offset, 3, 9, 0.0, 1.0)
        return Day(
            volume=_between(offset, 0, 8, 1.4, 1.9),
            long=_between(offset, 0, 14, 1.04, 1.08),
            every_day=True,
            heart_rate=0.04 * late,
            effort=2.0 * late,
            answers=-2.0 * late,
        )
    if 18 <= offset < 29:
        return Day(volume=0.5, long=0.6, answers=_between(offset, 18, 26, -1.5, 0.0))
    return NORMAL


def _overreached(offset: int, weekday: int) -> Day:
    if not 0 <= offset < 49:
        return NORMAL
    depth = _between(offset, 3, 9, 0.0, 1.0) if offset < 35 else _between(offset, 35, 48, 1.0, 0.0)
    volume = 1.7 if offset < 21 else 0.85 if offset < 35 else 0.5
    return Day(
        volume=volume,
        long=1.05 if offset < 21 else 0.93 if offset < 35 else 0.88,
        every_day=offset < 21,
        heart_rate=-0.065 * depth,
        peak_bpm=-9.0 * depth,
        effort=2.2 * depth,
        speed=-0.045 * depth,
        answers=-2.2 * depth,
    )


def _fitter(offset: int, weekday: int) -> Day:
    grown = _between(offset, 0, 50, 0.0, 1.0)
    return Day(heart_rate=-0.06 * grown, effort=-1.2 * grown, speed=0.03 * grown, answers=0.6 * grown)


def _hot_week(offset: int, weekday: int) -> Day:
    if not 0 <= offset < 10:
        return NORMAL
    return Day(
        temperature_c=31.0 + (offset * 7 % 5),
        drift_bpm_per_min=0.22,
        effort=1.4,
        speed=-0.02,
        answers=-0.9,
    )


def _cadence_drift(offset: int, weekday: int) -> Day:
    if offset < 0:
        return NORMAL
    return Day(
        cadence=_between(offset, 0, 28, 0.0, -0.055),
        fade=_between(offset, 7, 28, 0.0, 0.05),
        answers=_between(offset, 14, 28, 0.0, -0.5),
    )


def _no_strength(offset: int, weekday: int) -> Day:
    return Day(strength=offset < 0)


def _sensor_fault(offset: int, weekday: int) -> Day:
    faulty = 0 <= offset < 25 and offset % 2 == 0
    return Day(sensor="locked") if faulty else NORMAL


def _break_and_return(offset: int, weekday: int) -> Day:
    if offset < 0:
        return NORMAL
    if offset < 21:
        return Day(rest=True, strength=False)
    share = min(1.0, 0.5 * 1.05 ** ((offset - 21) // 7))
    return Day(volume=share, long=share, heart_rate=_between(offset, 21, 70, 0.045, 0.0))


def _no_heart_rate(offset: int, weekday: int) -> Day:
    return Day(sensor="none")


_ALL = (
    Kind("steady", "the same weeks over and over", "no", _steady, "Europe/Berlin"),
    Kind(
        "session_spike",
        "the first Sunday from the onset is 2.15 x the usual long run, the one 42 days later 1.6 x; "
        "heavy legs for three days after each",
        "yes",
        _session_spike,
        "America/New_York",
        ("muscle_fatigue",),
        0,
        52,
        {"long_km": 12.5, "easy_km": 6.5},
    ),
    Kind(
        "overload_block",
        "18 days without rest at 1.4 to 1.9 x the usual kilometres, heart rate and effort up, legs heavy "
        "from day 5; then 11 easy days",
        "yes",
        _overload_block,
        "America/Los_Angeles",
        ("overreaching", "muscle_fatigue"),
        4,
        28,
    ),
    Kind(
        "overreached",
        "21 days at 1.7 x without rest; from day 5 heart rate 6.5 % lower and peaks 9 beats lower at the "
        "same speed, effort 2 points up, 4.5 % slower, poor answers until day 40",
        "yes",
        _overreached,
        "Europe/London",
        ("overreaching", "muscle_fatigue"),
        5,
        48,
    ),
    Kind(
        "fitter",
        "heart rate sinks 6 % at the same speed over 50 days, with less effort, faster, fresh legs",
        "no",
        _fitter,
        "Australia/Sydney",
    ),
    Kind(
        "hot_week",
        "ten days at 31 to 35 degrees: heart rate and drift up, effort up, legs tired",
        "perhaps",
        _hot_week,
        "America/Chicago",
        ("heat_and_fluid",),
        0,
        11,
    ),
    Kind(
        "cadence_drift",
        "cadence sinks 5.5 % at the same speed over 28 days and fades late in runs",
        "perhaps",
        _cadence_drift,
        "Europe/Madrid",
        ("running_form",),
        14,
        None,
    ),
    Kind(
        "no_strength",
        "weekly strength sessions end at the onset; nothing else changes",
        "no",
        _no_strength,
        "America/St_Johns",
        ("strength",),
        28,
        None,
    ),
    Kind(
        "sensor_fault",
        "every second day for 25 days the wrist sensor counts steps instead of beats",
        "no",
        _sensor_fault,
        "Asia/Tokyo",
    ),
    Kind(
        "break_and_return",
        "21 days of nothing, then back from half with 5 % more a week",
        "no",
        _break_and_return,
        "Pacific/Auckland",
    ),
    Kind(
        "no_heart_rate", "steady, never with a heart-rate sensor", "no", _no_heart_rate, "America/Sao_Paulo"
    ),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}

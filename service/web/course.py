"""Load and legs over time: one picture without a script, and the same values as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.domain.course import Day
from service.domain.history import CheckIn
from service.web import words

WIDTH, HEIGHT = 840, 200
"""Units of the picture; the stylesheet stretches it to the width there is, so nothing in it is round."""
GAP_SHARE = 0.25
RECENT_DAYS = 7
LEGS = {1: "very heavy", 2: "heavy", 3: "normal", 4: "fresh"}
LEGS_STEP = 12
ROUND_STEPS = (25, 50, 75, 100, 125, 150, 175, 200, 225, 250, 300, 350, 400, 500, 600, 800, 1200)


@dataclass(frozen=True, slots=True)
class Box:
    """A bar: left, top, width, height, and its classes in the stylesheet."""

    x: float
    y: float
    width: float
    height: float
    look: str


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday as figures; ``None`` where a day lies outside or was not observed."""

    first: date
    loads: tuple[float | None, ...]
    legs: tuple[int | None, ...]
    total: float


@dataclass(frozen=True, slots=True)
class Picture:
    """``line`` holds the points of fitness; ``warned`` the left edges of days with a warning."""

    summary: str
    top: int
    bars: tuple[Box, ...]
    line: str
    legs: tuple[Box, ...]
    warned: tuple[float, ...]
    months: tuple[tuple[float, str], ...]
    weeks: tuple[Week, ...]
    width: int = WIDTH
    height: int = HEIGHT
    legs_height: int = 4 * LEGS_STEP


def picture(days: Sequence[Day], checkins: Sequence[CheckIn], warned: Sequence[date]) -> Picture | None:
    """The picture of ``days`` (oldest first); ``None`` where no load was ever observed."""
    known = [day.load for day in days if day.load is not None]
    if not known:
        return None
    highest = max([*known, *(day.fitness for day in days if day.fitness is not None)])
    top = next((step for step in ROUND_STEPS if step >= highest), round(highest))
    legs = {each.date: each.legs for each in checkins if each.legs is not None}
    slot = WIDTH / len(days)
    at = {day.date: index * slot for index, day in enumerate(days)}
    return Picture(
        summary=_summary(days, legs, warned),
        top=top,
        bars=tuple(_bars(days, top, slot)),
        line=_line(days, top, slot),
        legs=tuple(_legs(legs, at, slot)),
        warned=tuple(at[day] for day in warned if day in at),
        months=tuple(_months(days)),
        weeks=tuple(_weeks(days, legs)),
    )


def _bars(days: Sequence[Day], top: int, slot: float) -> list[Box]:
    boxes = []
    for index, day in enumerate(days):
        x, width = index * slot + slot * GAP_SHARE / 2, slot * (1 - GAP_SHARE)
        if day.load is None:
            boxes.append(Box(x, HEIGHT - 6, width, 6, "unknown"))
        elif day.load > 0:
            tall = HEIGHT * day.load / top
            look = "recent" if index >= len(days) - RECENT_DAYS else "past"
            boxes.append(Box(x, HEIGHT - tall, width, tall, look))
    return [_rounded(box) for box in boxes]


def _line(days: Sequence[Day], top: int, slot: float) -> str:
    points = [
        f"{(index + 0.5) * slot:.1f},{HEIGHT * (1 - day.fitness / top):.1f}"
        for index, day in enumerate(days)
        if day.fitness is not None
    ]
    return " ".join(points)


def _legs(legs: Mapping[date, int], at: Mapping[date, float], slot: float) -> list[Box]:
    """A column of one to four steps under its day: the fresher the taller, heavy ones in another colour."""
    return [
        _rounded(
            Box(
                at[day] + slot * GAP_SHARE / 2,
                LEGS_STEP * (4 - answer),
                slot * (1 - GAP_SHARE),
                LEGS_STEP * answer,
                "heavy" if answer <= 2 else "light",
            )
        )
        for day, answer in legs.items()
        if day in at
    ]


def _months(days: Sequence[Day]) -> list[tuple[float, str]]:
    """Where each month begins, in per cent of the width."""
    return [
        (round(100 * index / len(days), 2), f"{day.date:%b}")
        for index, day in enumerate(days)
        if day.date.day == 1
    ]


def _weeks(days: Sequence[Day], legs: Mapping[date, int]) -> list[Week]:
    loads = {day.date: day.load for day in days}
    monday = days[0].date - timedelta(days=days[0].date.weekday())
    weeks = []
    while monday <= days[-1].date:
        dates = [monday + timedelta(days=n) for n in range(7)]
        known = tuple(loads.get(day) for day in dates)
        weeks.append(Week(monday, known, tuple(legs.get(d) for d in dates), sum(x or 0 for x in known)))
        monday += timedelta(days=7)
    return weeks[::-1]


def _summary(days: Sequence[Day], legs: Mapping[date, int], warned: Sequence[date]) -> str:
    """The picture in two sentences, for who does not see it."""
    last = sum(day.load or 0 for day in days[-7:])
    usual = [day.load for day in days[:-7] if day.load is not None]
    weekly = f"; an average week before, {7 * sum(usual) / len(usual):.0f}" if usual else ""
    answers = [legs[day.date] for day in days if day.date in legs]
    felt = f"{len(answers)} answers about your legs, {sum(a <= 2 for a in answers)} of them heavy"
    said = felt if answers else "No answers about your legs"
    inside = sum(days[0].date <= day <= days[-1].date for day in warned)
    warnings = f", {inside} warning{'' if inside == 1 else 's'}" if inside else ""
    return (
        f"Load of each day from {words.short_day(days[0].date)} to {words.short_day(days[-1].date)}: "
        f"{last:.0f} points in the last seven days{weekly}. {said}{warnings}."
    )


def _rounded(box: Box) -> Box:
    return Box(round(box.x, 1), round(box.y, 1), round(box.width, 1), round(box.height, 1), box.look)

"""A runner's whole timeline: every session of every day, past and still to come, with its planted truth.

Each day is drawn from its own seed, so a day is the same whichever range is asked for.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from .kinds import Day
from .runner import EFFORT, Block, Runner, Session, run_blocks

PACE = {1: 1.0, 3: 0.94, 5: 1.07}
"""Easy runs are not all alike: recovery on Thursday, a steady one on Saturday."""
WEEK = {0: "strength", 1: "easy", 2: "quality", 3: "easy", 4: "rest", 5: "easy", 6: "long"}
LONG_CYCLE = (0.96, 1.0, 0.92, 0.98)
SOUTH = ("Australia/", "Pacific/Auckland", "America/Sao_Paulo", "Africa/Johannesburg")


@dataclass(frozen=True, slots=True)
class Wish:
    """What stands in the plan of a day: a form, its kilometres, and the local start."""

    form: str
    km: float
    at: time
    pace: float = 1.0


def day_rng(runner: Runner, day: date, purpose: str) -> Random:
    return Random(f"{purpose}:{runner.seed}:{runner.slot}:{runner.kind.name}:{day.toordinal()}")


def truth_of(runner: Runner, day: date, onset: date) -> Day:
    """The planted difference of that local day."""
    return runner.kind.course((day - onset).days, day.weekday())


def sessions_between(runner: Runner, first: date, last: date, onset: date) -> Iterator[Session]:
    """Every session that starts on a local day from ``first`` to ``last``, oldest first."""
    day, number = first, 0
    while day <= last:
        truth = truth_of(runner, day, onset)
        rng = day_rng(runner, day, "day")
        for wish in _wishes(runner, day, truth, rng, quiet=abs((day - onset).days - 20) < 60):
            number += 1
            yield _session(runner, day, truth, wish, rng, number)
        day += timedelta(days=1)


def _wishes(runner: Runner, day: date, truth: Day, rng: Random, *, quiet: bool) -> list[Wish]:
    """The plan of one day. ``quiet`` keeps races and skipped days away from the planted trouble."""
    if truth.rest:
        return []
    form = WEEK[day.weekday()]
    missed, extra, odd = rng.random(), rng.random(), rng.random()
    if truth.every_day and form in ("rest", "strength"):
        form = "easy"
    elif form not in ("rest", "long") and missed < (0.02 if quiet else 0.07):
        return []
    if form == "rest":
        return [Wish("ride", 12.0, time(17, 40))] if extra < 0.06 else []
    if form == "strength":
        return [Wish("strength", 0.0, time(18, 30))] if truth.strength else []
    if form == "easy" and day.weekday() == 5 and not quiet and day.toordinal() // 7 % 9 == 0:
        return [Wish("race", 5.0, time(9, 0))]
    pace = PACE.get(day.weekday(), 0.94) if form == "easy" else 1.0
    return [Wish(form, _kilometres(runner, form, day, truth, rng), _start(form, odd), pace)]


def _kilometres(runner: Runner, form: str, day: date, truth: Day, rng: Random) -> float:
    if form == "long":
        cycle = 1.0 if truth.long < 0.99 else LONG_CYCLE[day.toordinal() // 7 % 4]
        return (
            runner.long_km
            * max(cycle, 1.0 if truth.long > 1.3 else 0.0)
            * truth.long
            * rng.uniform(0.997, 1.003)
        )
    usual = runner.easy_km * (1.05 if form == "quality" else 1.0) * rng.uniform(0.92, 1.08)
    return max(3.0, min(usual * truth.volume, 0.93 * runner.long_km * max(truth.long, truth.volume / 2)))


def _start(form: str, odd: float) -> time:
    if form == "long":
        return time(9, 0)
    return time(6, 40) if odd < 0.35 else time(12, 20) if odd < 0.45 else time(18, 10)


def _temperature(runner: Runner, day: date, truth: Day, rng: Random) -> float:
    if truth.temperature_c is not None:
        return truth.temperature_c
    half_year = 182 if runner.zone.startswith(SOUTH) else 0
    season = math.cos(2 * math.pi * (day.timetuple().tm_yday - 200 - half_year) / 365)
    return runner.mean_temperature_c + runner.season_c * season + rng.gauss(0, 2.0)


def _session(runner: Runner, day: date, truth: Day, wish: Wish, rng: Random, number: int) -> Session:
    zone = ZoneInfo(runner.zone)
    local = datetime.combine(day, wish.at) + timedelta(seconds=rng.randint(0, 1500))
    start = local.replace(tzinfo=zone).astimezone(UTC)
    temperature = _temperature(runner, day, truth, rng)
    if wish.form == "strength":
        sport, blocks = "WeightTraining", _still(runner, truth, rng)
    elif wish.form == "ride":
        sport, blocks = "Ride", _ride(runner, truth, wish.km, rng)
    else:
        sport, blocks = "Run", run_blocks(wish.form, wish.km, wish.pace, runner, truth, temperature, rng)
    return _recorded(runner, wish, sport, start, blocks, truth, temperature, rng, number)


def _recorded(
    runner: Runner,
    wish: Wish,
    sport: str,
    start: datetime,
    blocks: list[Block],
    truth: Day,
    temperature: float,
    rng: Random,
    number: int,
) -> Session:
    """The session as watch and phone kept it: some without a strap, a few entered by hand, a few late."""
    in_trouble = truth.answers < 0 or truth.sensor == "locked" or truth.temperature_c is not None
    dirt = 1.0 if in_trouble else rng.random()
    indoors = sport == "WeightTraining"
    manual = dirt < 0.01 and wish.form == "easy"
    if manual or dirt < 0.06:
        blocks = [
            Block(b.seconds, b.speed, None, None if manual else b.cadence, b.climb_m, b.lap) for b in blocks
        ]
    beats = [block.heart_rate for block in blocks if block.heart_rate is not None]
    moving = sum(block.seconds for block in blocks)
    pauses = 0 if manual else rng.choice((0, 0, 6, 12, 23, 23, 40, 63, 110))
    late = rng.random()
    delay = timedelta(hours=20) if late < 0.01 else timedelta(minutes=rng.randint(1, 9))
    local_offset = start.astimezone(ZoneInfo(runner.zone)).utcoffset() or timedelta()
    climb = sum(max(0.0, block.climb_m) for block in blocks)
    return Session(
        id=int(start.timestamp()) // 60 * 10_000 + runner.slot,
        runner=runner,
        sport=sport,
        form=wish.form,
        start=start,
        utc_offset_s=int(local_offset.total_seconds()),
        uploaded_at=start + timedelta(seconds=moving + pauses) + delay,
        blocks=tuple(blocks),
        pauses_s=pauses,
        gain_m=0.0 if manual else round(climb, 1),
        peak_hr=round(max(beats) + rng.uniform(2, 6)) if beats else None,
        temperature_c=None if manual or indoors or 0.06 <= dirt < 0.15 else round(temperature),
        effort=_effort(wish, truth, in_trouble, rng),
        manual=manual,
        private=not in_trouble and 0.5 < dirt < 0.53,
        number=number,
    )


def _effort(wish: Wish, truth: Day, in_trouble: bool, rng: Random) -> int | None:
    if wish.form not in EFFORT or (rng.random() > 0.7 and not in_trouble):
        return None
    return min(10, max(1, round(EFFORT[wish.form] + 12 * (wish.pace - 1) + truth.effort + rng.gauss(0, 0.4))))


def _still(runner: Runner, truth: Day, rng: Random) -> list[Block]:
    beats = None if truth.sensor == "none" else 0.56 * runner.hr_max
    return [
        Block(300, 0.0, round(beats + rng.gauss(0, 4), 1) if beats else None, None, 0.0, 0)
        for _ in range(rng.randint(7, 10))
    ]


def _ride(runner: Runner, truth: Day, km: float, rng: Random) -> list[Block]:
    beats = None if truth.sensor == "none" else 0.62 * runner.hr_max
    speed = rng.uniform(5.5, 6.5)
    seconds = round(km * 1000 / speed / 10)
    return [
        Block(seconds, speed, round(beats + rng.gauss(0, 3), 1) if beats else None, None, rng.gauss(0, 6), 0)
        for _ in range(10)
    ]

"""A made-up runner: body, habits, and what one session of theirs looks like minute by minute.

Nothing here is physiology to learn from; it is only consistent: heart rate is linear in speed, warmer days
cost 0.4 beats a degree, long runs drift upwards, cadence rises 8 steps a minute with each m/s.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from .kinds import Day, Kind


@dataclass(frozen=True, slots=True)
class Runner:
    """Body and habits. Metres a second, beats and steps a minute, kilometres, kilograms, °C."""

    id: int
    slot: int
    kind: Kind
    zone: str
    seed: int
    sex: str
    weight_kg: float
    hr_max: int
    threshold_mps: float
    cadence_at_3: float
    long_km: float
    easy_km: float
    climb_m_per_km: float
    mean_temperature_c: float
    season_c: float
    answers_share: float


def make_runner(
    slot: int, kind: Kind, seed: int, *, zone: str | None = None, athlete_id: int | None = None
) -> Runner:
    """The runner in that place; the same arguments always give the same runner."""
    rng = Random(f"runner:{seed}:{slot}:{kind.name}")
    values: dict[str, Any] = {
        "id": athlete_id or 7_000_001 + slot,
        "slot": slot,
        "kind": kind,
        "zone": zone or kind.zone,
        "seed": seed,
        "sex": "F" if slot % 2 else "M",
        "weight_kg": round(rng.uniform(54, 82), 1),
        "hr_max": rng.randint(178, 196),
        "threshold_mps": round(rng.uniform(3.4, 4.1), 3),
        "cadence_at_3": round(rng.uniform(160, 172), 1),
        "long_km": round(rng.uniform(15, 18), 1),
        "easy_km": round(rng.uniform(7.5, 9.5), 1),
        "climb_m_per_km": round(rng.uniform(3, 8), 1),
        "mean_temperature_c": round(rng.uniform(9, 14), 1),
        "season_c": 7.0,
        "answers_share": 0.75,
    }
    return Runner(**(values | dict(kind.runner)))


@dataclass(frozen=True, slots=True)
class Block:
    """A few minutes of even running. ``heart_rate`` and ``cadence`` (steps a minute) may be unseen."""

    seconds: int
    speed: float
    heart_rate: float | None
    cadence: float | None
    climb_m: float
    lap: int

    @property
    def distance(self) -> float:
        return self.speed * self.seconds


@dataclass(frozen=True, slots=True)
class Session:
    """One session as it really happened; rows, detail and streams are views of it."""

    id: int
    runner: Runner
    sport: str
    form: str
    """``easy``, ``quality``, ``long``, ``race``, ``strength`` or ``ride``."""
    start: datetime
    utc_offset_s: int
    uploaded_at: datetime
    blocks: tuple[Block, ...]
    pauses_s: int
    gain_m: float
    peak_hr: float | None
    temperature_c: int | None
    effort: int | None
    manual: bool
    private: bool
    number: int

    @property
    def moving_s(self) -> int:
        return sum(block.seconds for block in self.blocks)

    @property
    def elapsed_s(self) -> int:
        return self.moving_s + self.pauses_s

    @property
    def distance_m(self) -> float:
        return round(sum(block.distance for block in self.blocks), 1)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed_s)


EASY, LONG, RACE, REST_BETWEEN = 0.77, 0.75, 1.02, 0.70
EFFORT = {"easy": 3.4, "long": 5.0, "quality": 7.2, "race": 9.2}


def _paces(form: str, km: float, pace: float, runner: Runner) -> list[tuple[int, float, int]]:
    """The plan of a run as (seconds, speed, lap number); lap 0 means "no lap key pressed"."""
    v = runner.threshold_mps
    if form == "quality":
        repetitions = max(3, round((km - 4.0) / 1.1))
        hard, easy = (180, 1.03 * v), (120, REST_BETWEEN * v)
        middle = [(*piece, 2 + 2 * i + j) for i in range(repetitions) for j, piece in enumerate((hard, easy))]
        return [(240, EASY * v, 1)] * 3 + middle + [(300, REST_BETWEEN * v, 2 + 2 * repetitions)] * 2
    speed = {"easy": EASY, "long": LONG, "race": RACE}[form] * pace * v
    total = km * 1000 / speed
    count = min(45, max(10, round(total / 240)))
    return [(round(total / count), speed, 0)] * count


def run_blocks(
    form: str, km: float, pace: float, runner: Runner, day: Day, warmth: float, rng: Random
) -> list[Block]:
    """A run of about ``km`` kilometres at ``pace`` times the form's usual speed on such a day."""
    paces = _paces(form, km, pace, runner)
    total = sum(seconds for seconds, _, _ in paces)
    form_of_day, beats_of_day = rng.uniform(-0.018, 0.018), rng.gauss(0, 1.4)
    blocks, clock = [], 0.0
    for seconds, planned, lap in paces:
        middle = clock + seconds / 2
        speed = planned * (1 + day.speed + form_of_day + rng.gauss(0, 0.008))
        share = middle / total
        blocks.append(
            Block(
                seconds,
                round(speed, 4),
                _heart_rate(runner, day, speed, middle, warmth, beats_of_day + rng.gauss(0, 0.8)),
                round(_cadence(runner, day, speed, share) + rng.gauss(0, 0.8), 1),
                round(runner.climb_m_per_km * speed * seconds / 1000 * rng.gauss(0, 1.6), 1),
                lap,
            )
        )
        clock += seconds
    return blocks


def _heart_rate(
    runner: Runner, day: Day, speed: float, at_s: float, warmth: float, noise: float
) -> float | None:
    if day.sensor == "none":
        return None
    if day.sensor == "locked":
        return round(_cadence(runner, day, speed, 0.5) + noise, 1)
    beats = runner.hr_max * (0.90 - 0.56 * (1 - speed / runner.threshold_mps))
    beats += 0.4 * max(0.0, warmth - 15) + (0.05 + day.drift_bpm_per_min) * max(0.0, at_s / 60 - 10)
    ceiling = runner.hr_max + day.peak_bpm
    return round(min(ceiling, beats * (1 + day.heart_rate) + noise), 1)


def _cadence(runner: Runner, day: Day, speed: float, share: float) -> float:
    fade = day.fade * max(0.0, (share - 0.6) / 0.4)
    return (runner.cadence_at_3 + 8 * (speed - 3.0)) * (1 + day.cadence) * (1 - fade)

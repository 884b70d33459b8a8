"""Made-up runners for the warning bench: ordinary weeks with ordinary noise, and room for planted trouble.

A runner is a pure function of a seed. What is drawn, and why so:

* Weekly templates of 2 to 7 runs, a long one on Sunday. Five a week is the template of the rivals' published
  comparison (0-60-40-70-0-40-110). Each run is its place in the template × the runner's size (an easy run of
  4 to 12 km) × a year's season (± 10 %) × lognormal noise (σ 0.25); 8 % of the runs are skipped.
* Speed 2.4 to 3.9 m/s, noise 3 %, long runs slower, the Thursday run faster.
* Heart rate on the runner's own line of speed, 2 % error from day to day (1 to 3 %), 0.3 % a degree above
  15 °C; the temperature has a season. 5 % of the runs lack it; on 3 % the wrist sensor counts steps. Cadence
  rises with speed.
* Perceived exertion on 70 % of the runs: easy 4, long 5, fast 6, error 0.8.
* Morning answers on half to all of the mornings. Their mean, spread (0.4 to 0.8 of a point), correlation
  from one day to the next (0.3) and between items (0.3) are those of SoccerMon's players; yesterday's load
  takes part.

Three views of the same runner: ``distance`` (distance and time alone), ``heart`` (with heart rate,
cadence and temperature) and ``answers`` (with perceived exertion and morning answers too).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from service.domain.activity import RACE, Activity, Source
from service.domain.history import CheckIn, History

VIEWS = ("distance", "heart", "answers")
FIRST = date(2023, 1, 2)
"""A Monday."""
TEMPLATES = {
    2: (0, 0, 60, 0, 0, 0, 110),
    3: (0, 60, 0, 70, 0, 0, 110),
    4: (0, 60, 0, 70, 0, 40, 110),
    5: (0, 60, 40, 70, 0, 40, 110),
    6: (50, 60, 40, 70, 0, 40, 110),
    7: (45, 60, 40, 70, 30, 40, 110),
}
USUAL = 60.0
"""The middle of a template: a run of the runner's own size."""
LONG, FAST = 6, 3
RUN_NOISE, SKIPPED, SEASON = 0.25, 0.08, 0.10
DRIFT = 0.3
"""Correlation of a morning's answer with that of the morning before."""
ALIKE = 0.3
"""Correlation of one item's answer with another's."""


@dataclass(frozen=True, slots=True)
class Day:
    """How a day differs from this runner's normal: factors, points and degrees; the default is "as always".

    ``body`` and ``speed`` are shares of heart rate and speed, ``effort`` points of ten, ``answers`` of five.
    """

    volume: float = 1.0
    rest: bool = False
    km: float | None = None
    """This much in the template's units (a usual run = 60), whatever the template says."""
    race_km: float | None = None
    times_longest: float | None = None
    """This many times the longest run of the 30 days before."""
    body: float = 0.0
    effort: float = 0.0
    answers: float = 0.0
    speed: float = 0.0
    temperature_c: float | None = None
    sensor_locked: bool = False
    zone_h: int = 1
    ill: bool | None = None


NORMAL = Day()


class Runner:
    """One runner's noise, drawn once: planted days change what is done to it, never the dice."""

    def __init__(self, seed: int, runs: int, days: int) -> None:
        self.seed, self.runs, self.days = seed, runs, days
        dice = np.random.default_rng([20_261_123, seed, runs])
        self.size_km = dice.uniform(4, 12)
        self.speed = dice.uniform(2.4, 3.9)
        self.beats = dice.uniform(135, 160)
        self.slope = dice.uniform(22, 32)
        self.beat_error = dice.uniform(0.01, 0.03)
        self.phase = dice.uniform(0, 365)
        self.rating = dice.uniform(2.6, 4.2)
        self.spread = dice.uniform(0.4, 0.8)
        self.answered = dice.uniform(0.5, 1.0)
        self.noise = np.exp(dice.normal(0, RUN_NOISE, days))
        self.skips = dice.random(days) < SKIPPED
        self.pace = dice.normal(1, 0.03, days)
        self.beat = dice.normal(0, 1, days)
        self.fault = dice.random(days)
        self.felt = dice.normal(0, 0.8, days)
        self.rated = dice.random(days) < 0.7
        self.air = dice.normal(0, 3, days)
        self.mood = _drifting(_alike(dice.normal(0, 1, (4, days))))
        self.morning = dice.random(days)
        self.normal: dict[tuple[str, int], tuple[Activity | None, CheckIn | None]] = {}

    def km(self, day: int, plan: Day) -> float:
        """Distance of the day's run; 0 on a day of rest."""
        if plan.rest:
            return 0.0
        if plan.race_km is not None:
            return plan.race_km
        if plan.times_longest is not None:
            return plan.times_longest * max(self.km(day - back, NORMAL) for back in range(1, 31))
        if plan.km is not None:
            return plan.km * self.size_km / USUAL
        share = TEMPLATES[self.runs][day % 7] * (not self.skips[day])
        season = 1 + SEASON * np.sin(2 * np.pi * (day + self.phase) / 365)
        return float(share / USUAL * self.size_km * season * self.noise[day] * plan.volume)

    def air_c(self, day: int, plan: Day) -> float:
        if plan.temperature_c is not None:
            return plan.temperature_c
        return float(11 - 9 * np.cos(2 * np.pi * day / 365) + self.air[day])

    def history(self, view: str, planted: Sequence[Day] = (), first: int = 0) -> History:
        """The runner's sessions and answers in one view, with ``planted`` days from day ``first`` on."""
        runs, answers = [], []
        for day in range(self.days):
            if first <= day <= first + len(planted):  # the morning after the last one still feels it
                run, answer = self._day(
                    view, day, _plan(planted, day - first), _plan(planted, day - first - 1)
                )
            else:
                if (view, day) not in self.normal:
                    self.normal[view, day] = self._day(view, day, NORMAL, NORMAL)
                run, answer = self.normal[view, day]
            runs += [run] if run else []
            answers += [answer] if answer else []
        return History(tuple(runs), tuple(answers))

    def _day(self, view: str, day: int, plan: Day, before: Day) -> tuple[Activity | None, CheckIn | None]:
        km = self.km(day, plan)
        run = self._run(view, day, plan, km) if km > 0 else None
        return run, self._answer(day, plan, self.km(day - 1, before)) if view == "answers" else None

    def _run(self, view: str, day: int, plan: Day, km: float) -> Activity:
        kind = 1.08 if day % 7 == FAST else 0.96 if day % 7 == LONG else 1.0
        speed = self.speed * kind * self.pace[day] * (1 + plan.speed) * (1.08 if plan.race_km else 1.0)
        seconds = round(km * 1000 / speed)
        start = datetime.combine(on(day), datetime.min.time(), UTC) + timedelta(hours=17 - plan.zone_h)
        seen: dict[str, float | None] = {}
        if view != "distance":
            seen = {"temperature_c": self.air_c(day, plan), **self._beats(day, plan, speed)}
        if view == "answers" and self.rated[day]:
            easy = 4 + (day % 7 == LONG) + 2 * (day % 7 == FAST) + 3 * bool(plan.race_km)
            seen["perceived_exertion"] = float(np.clip(round(easy + plan.effort + self.felt[day]), 1, 10))
        return Activity(
            source=Source.STRAVA, external_id=f"{self.seed}-{day}", sport="Run", start=start,
            utc_offset_s=3600 * plan.zone_h, moving_s=seconds, elapsed_s=seconds, distance_m=km * 1000,
            workout_type=RACE if plan.race_km else None, **seen,
        )  # fmt: skip

    def _beats(self, day: int, plan: Day, speed: float) -> dict[str, float | None]:
        if self.fault[day] < 0.05:
            return {"cadence_spm": None}
        cadence = 168 + 9 * (speed - self.speed) + self.air[day] / 2
        if plan.sensor_locked or self.fault[day] < 0.08:
            return {"cadence_spm": cadence, "average_hr": cadence + self.beat[day], "max_hr": cadence + 8}
        warmth = 0.003 * max(0.0, self.air_c(day, plan) - 15)
        share = 1 + plan.body + warmth + self.beat_error * self.beat[day]
        average = float(np.clip((self.beats + self.slope * (speed - self.speed)) * share, 80, 195))
        return {"cadence_spm": cadence, "average_hr": average, "max_hr": min(average * 1.1, 205.0)}

    def _answer(self, day: int, plan: Day, km_before: float) -> CheckIn | None:
        """The morning's answers follow the load of the day before."""
        if self.morning[day] > self.answered and plan.ill is None:
            return None
        worn = 0.25 * np.clip(km_before / self.size_km - 1, -1, 2)
        level = self.rating - worn + plan.answers + self.spread * self.mood[:, day]
        soreness, fatigue = (int(np.clip(round(value), 1, 5)) for value in level[:2])
        legs = int(np.clip(round(level[2] * 0.8), 1, 4))
        return CheckIn(on(day), legs=legs, soreness=soreness, fatigue=fatigue, ill=plan.ill)


def _alike(shocks: np.ndarray) -> np.ndarray:
    """Rows of unit noise that share their first row to the correlation ``ALIKE``."""
    return np.sqrt(ALIKE) * shocks[0] + np.sqrt(1 - ALIKE) * shocks[1:]


def _drifting(shocks: np.ndarray) -> np.ndarray:
    """Unit noise with the correlation ``DRIFT`` from one column to the next."""
    out = shocks.copy()
    for day in range(1, shocks.shape[1]):
        out[:, day] = DRIFT * out[:, day - 1] + np.sqrt(1 - DRIFT**2) * shocks[:, day]
    return out


def _plan(planted: Sequence[Day], day: int) -> Day:
    return planted[day] if 0 <= day < len(planted) else NORMAL


def on(day: int) -> date:
    """The date of a day of the made-up calendar."""
    return FIRST + timedelta(days=day)

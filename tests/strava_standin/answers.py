"""What a seeded athlete would answer in the morning: legs 1–4, the others 1–5, 1 is the worst."""

from datetime import date, timedelta
from random import Random
from typing import Any

from .runner import Runner
from .timeline import day_rng, truth_of

Answers = dict[str, Any]


def checkin(runner: Runner, day: date, onset: date) -> Answers | None:
    """The answers of that morning, which feel yesterday's truth; ``None`` if the athlete is silent."""
    rng = day_rng(runner, day, "answers")
    if rng.random() > runner.answers_share:
        return None
    yesterday = day - timedelta(days=1)
    fall = truth_of(runner, yesterday, onset).answers
    tired = 0.5 if yesterday.weekday() in (2, 6) and fall == 0 else 0.0
    legs = _point(3.1 + 0.75 * fall, 4, rng, 0.22)
    return {
        "date": day.isoformat(),
        "legs": legs if fall < 0 else max(3, legs),  # nobody without trouble calls their legs heavy
        "fatigue": _point(4.0 + fall - tired, 5, rng),
        "sleep": _point(4.1 + 0.6 * fall, 5, rng),
        "soreness": _point(4.0 + 0.9 * fall - tired, 5, rng),
        "mood": _point(4.2 + 0.7 * fall, 5, rng),
    }


def _point(value: float, best: int, rng: Random, spread: float = 0.3) -> int:
    return min(best, max(1, round(value + rng.gauss(0, spread))))

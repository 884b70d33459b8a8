"""``make bench-people``: our nightly scores against what real people said on the next three mornings.

Runs the shared instrument (``../shared/truth/judge.sh``) on our replay, prints its tables for soccermon and
pmdata, and then how much the weights owe to the people they were chosen on: for a small grid of round
weights the best is chosen without each person in turn and used on that person alone.
Prints ``SKIPPED`` and exits 0 where the study data are absent. pandas goes to an environment of its own.

Cited: PMData, Thambawita et al. 2020; SoccerMon, Midoglu et al. 2024 (CC BY 4.0).
"""

import itertools
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from service.analyse.constants import Constants, load_constants
from service.analyse.diary import Columns, diary_of
from service.analyse.score import components, state_of
from service.jobs.replay import CONFIG, history_of, nights_of
from service.jobs.replay_input import Reading

ROOT = Path(__file__).resolve().parents[2]
TRUTH = ROOT.parent / "shared" / "truth"
DATA = ROOT.parent / "shared" / "data"
RESAMPLES = os.environ.get("RESAMPLES", "400")
LOOK_AHEAD = 3
FIRST_SCORED = 28
GRID = {
    "weight_session": (1.0, 2.0, 3.0),
    "weight_spike": (0.0, 1.0),
    "weight_balance": (0.0, 0.5, 1.0),
    "weight_last_answer": (2.0, 3.0, 4.0),
    "weight_three_days": (1.0, 2.0, 3.0),
}
"""Round numbers around the shipped ones; everything else stays as shipped."""


def main() -> int:
    if not (TRUTH / "judge.sh").is_file() or not (DATA / "soccermon").is_dir():
        print(f"SKIPPED bench-people: no study data beside the repository ({TRUTH})")
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-people-") as scratch:
        python = _environment(Path(scratch) / "env")
        folder = Path(scratch) / "people"
        folder.mkdir()
        _judge(folder, python)
        for table in sorted((folder / "tables").glob("*.md")):
            _print_rows(table)
        for variant in ("answers", "training-only"):
            _leave_one_out(folder / variant / "soccermon", variant)
    return 0


def _environment(path: Path) -> Path:
    """The instrument needs pandas; the service does not and never shall."""
    venv.create(path, with_pip=True)
    python = path / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "numpy", "pandas"], check=True, stderr=subprocess.DEVNULL
    )
    return python


def _judge(folder: Path, python: Path) -> None:
    freshlegs = Path(sys.executable).with_name("freshlegs")
    command = f"'{freshlegs}' replay activities.jsonl --checkins checkins.jsonl"
    surroundings = {**os.environ, "PYTHON": str(python), "RESAMPLES": RESAMPLES}
    done = subprocess.run(["sh", TRUTH / "judge.sh", folder, command, DATA], env=surroundings, check=True,
                          capture_output=True, text=True)  # fmt: skip
    sys.stderr.write(done.stderr)


def _print_rows(table: Path) -> None:
    """Our rows and the two best others at each rate."""
    lines = table.read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ") and "detector" not in line]
    print(f"\n## {table.stem}: {lines[0]}\n{lines[2]}")
    print("\n".join(row for row in rows if row.startswith("| freshlegs")))
    for rate in (" @12 |", " @26 |"):
        others = [row for row in rows if rate in row[:50] and not row.startswith("| freshlegs")]
        print("\n".join(sorted(others, key=_lift, reverse=True)[:2]))


def _lift(row: str) -> float:
    text = row.split("|")[7].split("[")[0].strip()
    return float(text) if text not in {"–", "nan"} else 0.0


# ---------------------------------------------------------------- leaving one person out


class Person:
    """One person's components by night, and whether a sore morning followed."""

    def __init__(self, folder: Path, constants: Constants) -> None:
        reading = Reading(complain=lambda _: None)
        reading.read_activities(folder / "activities.jsonl")
        reading.read_checkins(folder / "checkins.jsonl")
        history = history_of(reading)
        nights = nights_of(history)
        diary = diary_of(history, nights[-1], constants)
        state = state_of(Columns.side_by_side([diary.windows(nights)]), constants)
        values, _ = components(state, constants)
        outcome = dict(_labels(folder / "labels.csv"))
        ahead = [[outcome.get(night.toordinal() + n) for n in range(LOOK_AHEAD)] for night in nights]
        reported = np.array([any(day is not None for day in days) for days in ahead])
        scored = reported & (state.days_known >= FIRST_SCORED)
        self.values = values[:, scored]
        self.followed = np.array([any(day == 1.0 for day in days) for days in ahead])[scored]

    @property
    def usable(self) -> bool:
        return len(self.followed) >= 14 and 0 < self.followed.sum() < len(self.followed)

    def pairs(self, weights: np.ndarray) -> tuple[float, float]:
        """Pairs of nights ranked right, and all pairs: their ratio is the AUC."""
        seen = ~np.isnan(self.values)
        weight = weights[:, None] * seen
        score = (np.nan_to_num(self.values) * weight).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-9)
        high, low = score[self.followed], np.sort(score[~self.followed])
        right = np.searchsorted(low, high, side="left") + np.searchsorted(low, high, side="right")
        return float(right.sum()) / 2, float(len(high) * len(low))


def _labels(path: Path) -> Iterator[tuple[int, float]]:
    header, *rows = [line.split(",") for line in path.read_text().splitlines()]
    day, sore = header.index("date"), header.index("sore")
    for row in rows:
        if row[sore]:
            yield date.fromisoformat(row[day][:10]).toordinal(), float(row[sore])


def _leave_one_out(folder: Path, variant: str) -> None:
    constants = load_constants(CONFIG / "heuristics.toml")
    people = [Person(path.parent, constants) for path in sorted(folder.glob("*/labels.csv"))]
    people = [person for person in people if person.usable]
    choices = [_weights(constants, values) for values in itertools.product(*GRID.values())]
    table = np.array([[person.pairs(weights) for weights in choices] for person in people])
    shipped = np.array([person.pairs(_weights(constants)) for person in people])
    total = table.sum(axis=0)
    best = total[:, 0] / total[:, 1]
    left_out = np.zeros(2)
    for own in table:
        others = total - own
        left_out += own[int(np.argmax(others[:, 0] / others[:, 1]))]
    print(f"\n## soccermon sore, {variant}: AUC of {len(choices)} round weightings, {len(people)} people")
    print(f"shipped weights        {shipped[:, 0].sum() / shipped[:, 1].sum():.3f}")
    print(f"best of grid in sample {best.max():.3f}   median of grid {np.median(best):.3f}")
    print(f"best, leaving one out  {left_out[0] / left_out[1]:.3f}")


def _weights(constants: Constants, values: tuple[float, ...] | None = None) -> np.ndarray:
    score = constants.score
    if values is not None:
        score = replace(score, **dict(zip(GRID, values, strict=True)))
    return np.array([
        score.weight_session, score.weight_recent, score.weight_spike, score.weight_balance,
        score.weight_last_answer, score.weight_three_days, score.weight_heart_rate,
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

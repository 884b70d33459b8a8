"""``make bench-people``: our nightly scores against what real people said on the next three mornings.

Runs the shared instrument (``../shared/truth/judge.sh``) on our replay, prints its tables for soccermon and
pmdata, and then how much the weights owe to the people they were chosen on: for a small grid of round
weights the best is chosen without each person in turn and used on that person alone.
Prints ``SKIPPED`` and exits 0 where the study data are absent. pandas goes to an environment of its own.
``--write`` keeps the figures for docs/heuristics.md and ``calibrate``; ``--judged FOLDER`` takes what
``judge.sh`` has written there instead of running it (a quarter of an hour of one core).

Cited: PMData, Thambawita et al. 2020; SoccerMon, Midoglu et al. 2024 (CC BY 4.0).
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from service.analyse.constants import Constants, load_constants
from service.analyse.diary import Columns, diary_of
from service.analyse.score import components, state_of
from service.jobs.replay import history_of
from service.jobs.replay_input import Reading
from service.jobs.replayed import CONFIG, nights_of
from tests.bench import kept
from tests.bench.people_tables import SETS, folders, own_mails, own_people, rows_of
from tests.bench.shares import LOOK_AHEAD, labels, shares
from tests.bench.thresholds import each_threshold, leave_one_out, tallies

ROOT = Path(__file__).resolve().parents[2]
TRUTH = ROOT.parent / "shared" / "truth"
DATA = ROOT.parent / "shared" / "data"
RESAMPLES = os.environ.get("RESAMPLES", "400")
FIRST_SCORED = 28
GRID = {
    "weight_session": (1.0, 2.0, 3.0),
    "weight_spike": (0.0, 1.0),
    "weight_balance": (0.0, 0.5, 1.0),
    "weight_last_answer": (2.0, 3.0, 4.0),
    "weight_three_days": (1.0, 2.0, 3.0),
}
"""Round numbers around the shipped ones; everything else stays as shipped."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench-people", description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--judged", type=Path)
    options = parser.parse_args(arguments)
    if not (TRUTH / "judge.sh").is_file() or not (DATA / "soccermon").is_dir():
        print(f"SKIPPED bench-people: no study data beside the repository ({TRUTH})")
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-people-") as scratch:
        folder = options.judged or Path(scratch) / "people"
        if options.judged is None:
            folder.mkdir()
            _judge(folder, _environment(Path(scratch) / "env"))
        figures = _figures(folder)
    for title, rows in figures.items():
        print(f"\n## {title}\n{kept.markdown(rows)}")
    if options.write:
        kept.write("people", {"people": figures})
    return 0


def _figures(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Every table by its title."""
    own = {name: own_people(folder / "answers" / name) for name in SETS}
    thresholds = [found for path in folders(folder / "answers" / "soccermon") if (found := tallies(path))]
    return {
        "tables": [row for path in sorted((folder / "tables").glob("*.md")) for row in rows_of(path)],
        "own_mails": [own_mails(name, people) for name, people in own.items()],
        "shares": shares([person for people in own.values() for person in people]),
        "thresholds": each_threshold(thresholds),
        "threshold_left_out": [leave_one_out(thresholds)],
        "weights_left_out": [
            _leave_one_out(folder / variant / "soccermon", variant)
            for variant in ("answers", "training-only")
        ],
    }


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


# ---------------------------------------------------------------- leaving one person out


class Person:
    """One person's components by night, and whether a sore morning followed."""

    def __init__(self, folder: Path, constants: Constants) -> None:
        reading = Reading(complain=lambda _: None)
        reading.read_activities(folder / "activities.jsonl")
        reading.read_checkins(folder / "checkins.jsonl")
        history = history_of(reading)
        nights = nights_of(history)
        diary = diary_of(history, constants, nights[0])
        state = state_of(Columns.side_by_side([diary.windows(nights)]), constants)
        values, _ = components(state, constants)
        outcome = dict(labels(folder / "labels.csv", "sore"))
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


def _leave_one_out(folder: Path, variant: str) -> dict[str, Any]:
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
    return {
        "variant": variant, "people": len(people), "weightings": len(choices),
        "auc_shipped": round(shipped[:, 0].sum() / shipped[:, 1].sum(), 3),
        "auc_best_in_sample": round(float(best.max()), 3), "auc_median": round(float(np.median(best)), 3),
        "auc_left_out": round(float(left_out[0] / left_out[1]), 3),
    }  # fmt: skip


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

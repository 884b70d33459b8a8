"""What judging costs, beside what others take for less: CPU time of one process, without a database's own.

* ``recompute``: three years of fitness, fatigue and balance for every day, ours for many athletes at once,
  against bare pandas (``ewm``), one athlete at a time: the same three columns, equal to 1e-9.
* ``nightly``: one night of many athletes, database to database: the service's own job ``judge``, from the
  rows of a real Postgres to the night's row with its reasons, explanations and decision; against a loop of
  ORM entities, pandas and ``merge`` over the same rows in the same Postgres (``orm_loop`` says what it does
  and what it leaves out).
* ``memory``: the most this process ever held, after few athlete-nights and after 100,100.

The ratios are printed as they are, whatever was aimed at.
"""

import resource
from collections.abc import Iterator

import numpy as np
import pandas as pd

from service.analyse.assess import assess_nights
from service.analyse.trend import exponential_means, gain, seeded
from service.domain.history import History
from tests.bench.nightly import nightly
from tests.bench.planted import CONSTANTS
from tests.bench.runners import Runner, on
from tests.bench.timing import cpu_s, least_cpu_s

DAYS, ATHLETES, REFERENCE = 1_096, 2_000, 40
NIGHTLY, HISTORY_DAYS = 30, 400
FEW, MANY, NIGHTS = 10, 275, 364
FITNESS, FATIGUE = 42.0, 7.0


def bench() -> Iterator[str]:
    yield _recompute()
    yield _nightly()
    yield _memory()


def _recompute() -> str:
    dice = np.random.default_rng(7)
    load = np.where(dice.random((DAYS, ATHLETES)) < 0.6, dice.lognormal(4, 0.5, (DAYS, ATHLETES)), 0.0)

    def ours() -> tuple[np.ndarray, ...]:
        known, start = seeded(load, 28)
        fitness, fatigue = exponential_means(known, (FITNESS, FATIGUE), start)
        return fitness, fatigue, fitness - fatigue

    def theirs(column: int) -> tuple[np.ndarray, ...]:
        series = pd.Series(np.concatenate(([load[:28, column].mean()], load[:, column])))
        fitness, fatigue = (
            series.ewm(alpha=gain(tau), adjust=False).mean().to_numpy()[1:] for tau in (FITNESS, FATIGUE)
        )
        return fitness, fatigue, fitness - fatigue

    pairs = zip(ours(), theirs(5), strict=True)
    same = max(float(np.abs(our[:, 5] - their).max()) for our, their in pairs)
    if same > 1e-9:
        raise AssertionError(f"the reference computes something else: {same}")
    fast = least_cpu_s(ours) / ATHLETES
    slow = least_cpu_s(lambda: [theirs(n) for n in range(REFERENCE)]) / REFERENCE
    return (
        f"recompute ratio {slow / fast:.1f}x ours {fast * 1e6:.0f} us pandas {slow * 1e6:.0f} us an athlete "
        "(aim 50x)"
    )


def _nightly() -> str:
    with nightly(NIGHTLY) as both:
        fast = slow = float("inf")
        for _ in range(3):
            both.forget()
            fast = min(fast, cpu_s(both.ours))
            slow = min(slow, cpu_s(both.theirs))
        if both.judged() != NIGHTLY:
            raise AssertionError(f"{both.judged()} of {NIGHTLY} nights were judged")
    return (
        f"nightly ratio {slow / fast:.2f}x ours {fast / NIGHTLY * 1e3:.1f} ms from rows to the night's row, "
        f"seven nights judged; ORM and pandas {slow / NIGHTLY * 1e3:.1f} ms, one night's figures (aim 25x)"
    )


def _history(seed: int) -> History:
    return Runner(seed, 4, HISTORY_DAYS).history("answers")


def _memory() -> str:
    """The most memory this process ever held, before and after the many: it may keep no verdict."""
    _replayed(FEW)
    few = _peak_mb()
    _replayed(MANY)
    many = _peak_mb()
    return (
        f"memory ratio {many / few:.2f}x peak {many:.0f} MB after {MANY * NIGHTS:,} athlete-nights, "
        f"{few:.0f} MB after {FEW * NIGHTS:,} (aim 350 MB)"
    )


def _replayed(athletes: int) -> None:
    nights = [on(HISTORY_DAYS - back) for back in range(NIGHTS, 0, -1)]
    for seed in range(athletes):
        assess_nights(_history(seed), nights, CONSTANTS)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

"""What judging costs, beside what others take for less: CPU time of one process, without a database's own.

* ``recompute``: three years of fitness, fatigue, balance, 7:28 ratio, monotony and strain for every day, ours
  for many athletes at once, against bare pandas (``ewm``, ``rolling``), one athlete at a time: the same six
  columns, equal to 1e-6.
* ``nightly``: one night of many athletes, database to database: the service's own job ``judge``, to the
  night's row with its reasons, explanations and decision; against a loop of
  ORM entities, pandas and ``merge`` over the same rows in the same Postgres (``orm_loop`` says what it does
  and what it leaves out). From the packed diaries that a sync or the night before left behind; and
  ``anew``, where none is there and every one is made from all of its sessions first.
* ``memory``: the most this process ever held, after few athlete-nights and after 100,100.

The ratios are printed as they are, whatever was aimed at.
"""

import resource
from collections.abc import Iterator

import numpy as np
import pandas as pd

from service.analyse.assess import assess_nights
from service.analyse.trend import gain, season, seeded
from service.domain.history import History
from tests.bench.nightly import nightly
from tests.bench.planted import CONSTANTS
from tests.bench.runners import Runner, on
from tests.bench.timing import cpu_s, least_cpu_s

DAYS, ATHLETES, REFERENCE = 1_096, 4_000, 40
NIGHTLY, HISTORY_DAYS = 100, 400
FEW, MANY, NIGHTS = 10, 275, 364
SAME = 1e-6


def bench() -> Iterator[str]:
    yield _memory()  # first: it asks for the most this process ever held
    yield _recompute()
    yield from _nightly()


def _recompute() -> str:
    dice = np.random.default_rng(7)
    load = np.where(dice.random((DAYS, ATHLETES)) < 0.6, dice.lognormal(4, 0.5, (DAYS, ATHLETES)), 0.0)

    room = np.empty((DAYS, 6, ATHLETES))

    def ours() -> np.ndarray:
        return season(*seeded(load, 28), room)

    def theirs(column: int) -> tuple[pd.Series, ...]:
        daily = pd.Series(load[:, column])
        started = pd.Series(np.concatenate(([daily[:28].mean()], daily)))
        fitness, fatigue = (
            started.ewm(alpha=gain(tau), adjust=False).mean()[1:].reset_index(drop=True) for tau in (42, 7)
        )
        week = daily.rolling(7)
        mean = week.mean()
        monotony = mean / week.std()
        ratio = mean / daily.rolling(28).mean()
        return fitness, fatigue, fitness - fatigue, ratio, monotony, week.sum() * monotony

    for our, their in zip(ours()[:, :, 5].T, theirs(5), strict=True):
        np.testing.assert_allclose(our, their, rtol=SAME, atol=SAME)
    fast = least_cpu_s(ours) / ATHLETES
    slow = least_cpu_s(lambda: [theirs(n) for n in range(REFERENCE)]) / REFERENCE
    return (
        f"recompute ratio {slow / fast:.1f}x ours {fast * 1e6:.0f} us pandas {slow * 1e6:.0f} us an athlete "
        "(aim 50x)"
    )


def _nightly() -> Iterator[str]:
    with nightly(NIGHTLY) as both:
        fast = anew = slow = float("inf")
        for _ in range(3):  # in turns, as the machine's clock moves
            both.forget(diaries=True)
            anew = min(anew, cpu_s(both.ours))
            both.forget()
            fast = min(fast, cpu_s(both.ours))
            slow = min(slow, cpu_s(both.theirs))
        if both.judged() != NIGHTLY:
            raise AssertionError(f"{both.judged()} of {NIGHTLY} nights were judged")
    fast, anew, slow = (each / NIGHTLY for each in (fast, anew, slow))
    yield (
        f"nightly ratio {slow / fast:.1f}x ours {fast * 1e3:.2f} ms from packed diary to the night's row; "
        f"ORM and pandas {slow * 1e3:.1f} ms (aim 25x)"
    )
    yield f"anew ratio {slow / anew:.2f}x ours {anew * 1e3:.1f} ms, every diary made from all sessions first"


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

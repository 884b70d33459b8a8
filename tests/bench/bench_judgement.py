"""What judging costs, beside what others take for less: CPU time of one process, without a database's own.

* ``recompute``: three years of fitness, fatigue and balance for every day, ours for many athletes at once,
  against bare pandas (``ewm``), one athlete at a time: the same three columns, equal to 1e-9.
* ``nightly``: one night of many athletes, all seven reasons with their explanations, written as rows of JSON;
  against the loop most services run for fitness, fatigue, balance and one ratio alone: 120 daily rows an
  athlete through SQLAlchemy's ORM (SQLite in memory, which is kinder than a server), pandas, ``merge``,
  commit.
* ``memory``: the most this process ever held, after few athlete-nights and after 100,100.

Ours does far more in ``nightly``: the ratio is printed as it is.
"""

import json
import resource
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from service.analyse.assess import assess_batch, assess_nights
from service.analyse.trend import exponential_means, gain, seeded
from service.domain.history import History
from service.domain.record import to_json
from tests.bench.planted import CONSTANTS
from tests.bench.runners import Runner, on

DAYS, ATHLETES, REFERENCE = 1_096, 2_000, 40
NIGHTLY, HISTORY_DAYS = 60, 400
FEW, MANY, NIGHTS = 10, 275, 364
FITNESS, FATIGUE = 42.0, 7.0


def bench() -> Iterator[str]:
    yield _recompute()
    yield _nightly()
    yield _memory()


def _timed(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of CPU, the best of some."""
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


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
    fast = _timed(ours) / ATHLETES
    slow = _timed(lambda: [theirs(n) for n in range(REFERENCE)]) / REFERENCE
    return (
        f"recompute ratio {slow / fast:.1f}x ours {fast * 1e6:.0f} us pandas {slow * 1e6:.0f} us an athlete "
        "(aim 50x)"
    )


class Base(DeclarativeBase):
    pass


class DayRow(Base):
    __tablename__ = "day"
    athlete: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    load: Mapped[float]


class VerdictRow(Base):
    __tablename__ = "verdict"
    athlete: Mapped[int] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    fitness: Mapped[float]
    fatigue: Mapped[float]
    ratio: Mapped[float]


def _nightly() -> str:
    histories = [_history(seed) for seed in range(NIGHTLY)]
    night = on(HISTORY_DAYS)
    fast = _timed(
        lambda: [
            json.dumps(to_json(found)) for found in assess_batch(histories, [night] * NIGHTLY, CONSTANTS)
        ]
    )
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for athlete in range(NIGHTLY):
            session.add_all(
                DayRow(athlete=athlete, day=night - timedelta(n + 1), load=float(n % 5) * 20)
                for n in range(120)
            )
        session.commit()
    slow = _timed(lambda: [_by_orm(engine, athlete, night) for athlete in range(NIGHTLY)])
    engine.dispose()
    return (
        f"nightly ratio {slow / fast:.2f}x ours {fast / NIGHTLY * 1e3:.1f} ms, seven reasons explained; "
        f"ORM and pandas {slow / NIGHTLY * 1e3:.1f} ms, three figures (aim 25x)"
    )


def _by_orm(engine: object, athlete: int, night: date) -> None:
    with Session(engine) as session:  # type: ignore[arg-type]
        rows = session.scalars(select(DayRow).where(DayRow.athlete == athlete).order_by(DayRow.day)).all()
        load = pd.DataFrame([{"day": row.day, "load": row.load} for row in rows]).set_index("day")["load"]
        fitness, fatigue = (load.ewm(alpha=gain(tau), adjust=False).mean() for tau in (FITNESS, FATIGUE))
        ratio = load.rolling(7).mean() / load.rolling(28).mean()
        verdict = VerdictRow(
            athlete=athlete, night=night, fitness=float(fitness.iloc[-1]), fatigue=float(fatigue.iloc[-1]),
            ratio=float(ratio.iloc[-1]),
        )  # fmt: skip
        session.merge(verdict)
        session.commit()


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

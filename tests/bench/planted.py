"""What we say of made-up runners: a steady year and each planted episode, in each view.

The verdicts are those of the service (the same judgement, the same restraint); see ``runners`` for who is
judged, ``episodes`` for what is planted, ``alarms`` for the command that prints the tables.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import partial

import numpy as np

from service.advise import catalogue
from service.analyse.assess import assess_nights, load_constants
from service.analyse.diary import FIELDS, RECORDED, ROW, Columns, diary_of
from service.analyse.score import state_of
from service.analyse.strain import strain_z
from service.domain.history import History
from service.jobs.replayed import CONFIG, decided
from tests.bench.episodes import EPISODES, Episode
from tests.bench.runners import VIEWS, Runner, on

TUNING, HELD_BACK = 0, 1_000_000
"""First seeds. Constants were chosen on the first range; the other is only ever reported."""
WARM_UP = 26 * 7
"""Days before anything is looked at."""
YEAR = 364
BEFORE = 7
"""Nights judged before an episode, so that restraint knows what was said."""
SYNC_LATE = 3
"""Days after the last reading from which a night is late."""

CONSTANTS = load_constants(CONFIG / "heuristics.toml")
LIMITS = catalogue.load(CONFIG / "advice.toml").restraint


@dataclass(frozen=True)
class Seen:
    """What was said in a stretch of nights: (night after the first day, cause, rule, level) of each mail;
    with distance alone also the daily loads up to the last night, and our strain of each night
    from ``BEFORE`` nights before the first on."""

    mails: tuple[tuple[int, str, str, str], ...]
    load: np.ndarray | None = None
    strain: np.ndarray | None = None


@dataclass(frozen=True)
class Measured:
    """One runner: a steady year and each episode, in each view."""

    runs: int
    steady: dict[str, Seen] = field(default_factory=dict)
    planted: dict[tuple[str, str], Seen] = field(default_factory=dict)


def measure(runs: int, seed: int, views: Sequence[str] = VIEWS) -> Measured:
    """Everything about one runner. The first planted day falls on a weekday of its own."""
    first = WARM_UP + seed % 7
    runner = Runner(seed, runs, WARM_UP + YEAR)
    found = Measured(runs)
    for view in views:
        bare = view == "distance"
        found.steady[view] = look(runner.history(view), WARM_UP, YEAR, with_load=bare)
        for episode in EPISODES:
            days = episode.course(runs, first % 7)
            found.planted[episode.name, view] = _episode(
                runner.history(view, days, first), episode, first, bare
            )
    return found


def _episode(history: History, episode: Episode, first: int, bare: bool) -> Seen:
    if episode.synced_day is None:
        return look(history, first, episode.lasts, with_load=bare and episode.deserves == "warning")
    last = first + episode.synced_day
    read = datetime.combine(on(last), time(23), UTC)
    known = history.before(on(last + 1))
    seen = look(History(known.activities, known.checkins, synced_at=read), first, episode.lasts)
    return Seen(tuple(mail for mail in seen.mails if mail[0] > episode.synced_day + SYNC_LATE))


def look(history: History, first: int, nights: int, *, with_load: bool = False) -> Seen:
    """Judge the nights after day ``first``, as the service would, and keep what it would have mailed."""
    asked = [on(first + n) for n in range(-BEFORE, nights + 1)]
    mails = []
    for n, night in enumerate(decided(assess_nights(history, asked, CONSTANTS), LIMITS), start=-BEFORE):
        leading = night.assessment.leading
        if n >= 1 and leading is not None and night.decision.mail:
            level = leading.level.value if leading.level else ""
            mails.append((n, leading.cause.value, leading.rule, level))
    if not with_load:
        return Seen(tuple(mails))
    diary = diary_of(history.before(asked[-1]), CONSTANTS, asked[-1])
    columns = Columns.side_by_side([diary.windows(asked)])
    strain = strain_z(columns, state_of(columns, CONSTANTS), CONSTANTS, 1)[-1]
    days = nights + WARM_UP - 7
    loads = np.zeros((len(FIELDS), days))  # of who skipped the first weeks, and after the last run
    diary.days.write(loads[: len(RECORDED)], asked[-1].toordinal() - days)
    return Seen(tuple(mails), loads[ROW["load"]], strain)


def measured(runs: int, first_seed: int, runners: int, views: Sequence[str] = VIEWS) -> list[Measured]:
    """A cell of runners, on two processes."""
    seeds = range(first_seed, first_seed + runners)
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(partial(_one, runs, tuple(views)), seeds, chunksize=2))


def _one(runs: int, views: Sequence[str], seed: int) -> Measured:
    return measure(runs, seed, views)

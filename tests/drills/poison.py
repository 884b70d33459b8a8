"""Nights that take their worker down: each is given up on after ten attempts, nobody else's night waits."""

import itertools
import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

from service.jobs import diaries
from service.store.athletes import PARKED_AFTER
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.process import run_role
from tests.drills.shared_clock import SharedClock
from tests.drills.size import Size

CREW = ("worker", "worker")
CLOCKS = ("clock",)
JOB_LIMIT_S = 6.0
ENDS_WITHIN_S = 900.0


def leave() -> None:
    """A library that ends the process."""
    os._exit(9)


def spin() -> None:
    """An endless loop: no thread can be stopped from outside."""
    for _ in itertools.count():
        pass


def burst() -> None:
    """Memory over the limit: the kernel sends SIGKILL."""
    os.kill(os.getpid(), signal.SIGKILL)


POISONS: tuple[Callable[[], None], ...] = (leave, spin, burst, leave, spin)


def poisoned(clock: SharedClock, argument: str) -> None:
    """A worker in which the nights of some athletes go badly; ``argument``: their Strava ids."""
    victims: Mapping[int, Callable[[], None]] = dict(zip(map(int, argument.split(",")), POISONS, strict=True))
    read = diaries.read_history

    def history(tx: Any, athlete: Any, now: Any) -> Any:
        if athlete.strava_id in victims:
            victims[athlete.strava_id]()
        return read(tx, athlete, now)

    diaries.read_history = history
    run_role(clock, "worker")


def drill(size: Size) -> list[Figure]:
    """Five poisons among the athletes of one ground, for one night."""
    with open_ground(size.seed, job_limit_s=JOB_LIMIT_S) as ground:
        passage = Passage(ground)
        for athlete in ground.standin.athletes():
            ground.connect(athlete["id"])
        ids = [athlete["id"] for athlete in ground.standin.athletes()]
        victims = ids[:: max(1, len(ids) // len(POISONS))][: len(POISONS)]
        for role in CLOCKS:
            ground.crew.start(role)
        argument = ",".join(map(str, victims))
        workers = [ground.crew.start("worker", poisoned, argument) for _ in CREW]
        began, others_s, crashes = time.monotonic(), 0.0, 0
        while time.monotonic() - began < ENDS_WITHIN_S and (
            _parked(ground) < len(victims) or _unjudged(ground, victims)
        ):
            for worker in workers:
                if not worker.alive:
                    crashes += 1
                    ground.crew.stop(worker)
                    workers[workers.index(worker)] = ground.crew.start("worker", poisoned, argument)
            if not others_s and not _unjudged(ground, victims):
                others_s = time.monotonic() - began
            time.sleep(0.05)
        ground.crew.stop()
        return [
            Figure("poisons", len(victims)),
            Figure("crashes", crashes, most=len(victims) * PARKED_AFTER, least=len(victims)),
            Figure("parked", _parked(ground), least=len(victims), most=len(victims)),
            none("others_unjudged", _unjudged(ground, victims)),
            Figure("others_judged_after_s", round(others_s, 1)),
            none("overview_silent", len(victims) - _told(ground)),
            Figure("nights_judged_of_poisoned", _judged(ground, victims), most=0),
            none("overdue_steps", passage.overdue),
        ]


def _parked(ground: Ground) -> int:
    [(count,)] = ground.query("SELECT count(*) FROM athlete WHERE night_parked_at IS NOT NULL")
    return int(count)


def _unjudged(ground: Ground, victims: list[int]) -> int:
    """Others with a night due and none judged."""
    [(count,)] = ground.query(
        "SELECT count(*) FROM athlete WHERE NOT strava_id = ANY(%s) AND next_night_at <= %s",
        victims,
        ground.clock.now(),
    )
    return int(count)


def _judged(ground: Ground, victims: list[int]) -> int:
    [(count,)] = ground.query(
        "SELECT count(*) FROM night JOIN athlete ON id = athlete_id WHERE strava_id = ANY(%s)", victims
    )
    return int(count)


def _told(ground: Ground) -> int:
    """What the overview shows."""
    with ground.store.transaction() as tx:
        return tx.vitals.read(ground.clock.now()).parked_nights

"""Drill 22: the wall clock is set an hour back and forth, and a day forth and back, under clock and worker.

Both times of a process are stepped: the one that is handed to the service, and the one by which its scheduler
plans. Strava's goes on as it should, and so does the database's.
"""

import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace

from apscheduler.executors import base as executors
from apscheduler.schedulers import base as schedulers
from apscheduler.triggers import interval

from service.jobs import clock as clocks
from tests.drills.audit import audit
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.process import run_role
from tests.drills.shared_clock import SharedClock
from tests.drills.size import Size
from tests.strava_standin.kinds import KINDS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = (-HOUR, HOUR, DAY, -DAY)
"""In the end the clock is right again."""
LOOK_EVERY = timedelta(hours=8)
LOOKS = 3
"""A night of everybody's passes while the clock is wrong."""
ATHLETES = 6
WALL = "wall"


class Wall:
    """How wrong the clock is, in seconds, in a file of the drill's folder."""

    def __init__(self, home: Path) -> None:
        self._file = home / WALL

    def set(self, off_by: timedelta) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(str(off_by.total_seconds()))
        draft.replace(self._file)

    def off_by_s(self) -> float:
        return float(self._file.read_text())


def stepping(clock: SharedClock, role: str) -> None:
    """The service's ``role`` on a machine whose clock is set while it runs."""
    wall = Wall(Path())

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=wall.off_by_s())

    for module in (executors, schedulers, interval, clocks):
        module.datetime = Stepped  # type: ignore[attr-defined]
    clocks.time = SimpleNamespace(  # type: ignore[attr-defined]
        monotonic=time.monotonic, time=lambda: time.time() + wall.off_by_s()
    )
    run_role(clock, role)


class Days:
    """Time as Strava has it, and a clock beside it that may be wrong."""

    def __init__(self, ground: Ground, passage: Passage) -> None:
        self._ground, self._passage, self._wall = ground, passage, Wall(ground.home)
        self._true, self._off_by = ground.clock.now(), timedelta(0)
        self.longest_s, self.steps = 0.0, 0

    def step(self, by: timedelta) -> None:
        self._off_by += by
        self._wall.set(self._off_by)
        self._ground.clock.set_to(self._true + self._off_by)
        self.steps += 1

    def look(self) -> None:
        """Eight hours on, and what is due by the clock as it is."""
        self._true += LOOK_EVERY
        self._ground.standin.set_now(self._true)
        self._ground.clock.set_to(self._true + self._off_by)
        began = time.monotonic()
        self._passage.overdue += not self._passage.settle(120)
        self.longest_s = max(self.longest_s, time.monotonic() - began)


def drill(size: Size) -> list[Figure]:
    """Four steps with a day after each; soaked, forty. Then two days with the right time."""
    with open_ground(size.seed, kinds=tuple(KINDS)[:ATHLETES]) as ground:
        Wall(ground.home).set(timedelta(0))
        for role in ("worker", "worker", "clock"):
            ground.crew.start(role, stepping)
        passage = Passage(ground)
        passage.begin()
        days = Days(ground, passage)
        for by in STEPS * size.of(1, 10):
            days.step(by)
            for _ in range(LOOKS):
                days.look()
        for _ in range(2 * LOOKS):
            days.look()
        passage.finish()
        return [
            Figure("clock_steps", days.steps),
            none("crashes", sum(not member.alive for member in ground.crew.members)),
            *audit(passage, doubts=0, losses=0),
            none("overdue_looks", passage.overdue),
            Figure("longest_look_s", round(days.longest_s, 1)),
        ]

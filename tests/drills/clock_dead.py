"""The clock's thread dies without a word: its process ends itself, health tells it, no night is lost."""

import time

import httpx
from apscheduler.schedulers.background import BackgroundScheduler

from service.jobs import clock as clocks
from tests.drills.audit import nights
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.process import run_role
from tests.drills.shared_clock import SharedClock
from tests.drills.size import Size

PERIOD_S = 0.5
DIES_AFTER_S = 3.0
SLACK_S = 30.0
"""The clock's own watch adds half a minute, so that a busy machine kills nobody."""
PERIODS = 3


def dying(clock: SharedClock, _argument: str) -> None:
    """A clock whose scheduler dies by an exception in its own thread, as reliability note 2.3 has it."""
    process_jobs = BackgroundScheduler._process_jobs
    dies_at = time.monotonic() + DIES_AFTER_S

    def process(self: BackgroundScheduler) -> float:
        if time.monotonic() > dies_at:
            raise SystemExit  # ends the thread in silence; ``running`` stays true
        return process_jobs(self)

    BackgroundScheduler._process_jobs = process
    run_role(clock, "clock")


def drill(size: Size) -> list[Figure]:
    """Once; then another clock takes over."""
    with open_ground(size.seed, clock_period_s=PERIOD_S) as ground:
        passage = Passage(ground)
        ground.crew.start("worker")
        ground.crew.start("web")
        dead = ground.crew.start("clock", dying)
        passage.begin()
        began = time.monotonic()
        longest = max(periods for name, (_, periods) in clocks.TICKS.items() if name.startswith("due"))
        limit = DIES_AFTER_S + PERIODS * PERIOD_S * longest + SLACK_S + 5
        ground.move_to(ground.clock.now() + clocks.GRACE)
        late_after = _told_late(ground, began)
        while dead.alive and time.monotonic() - began < limit:
            time.sleep(0.05)
        took = time.monotonic() - began
        ended = not dead.alive
        code = dead.process.exitcode
        ground.crew.stop(dead)
        ground.crew.start("clock")
        for _ in range(3):
            passage.step()
        passage.finish()
        return [
            none("undetected", not ended or code != 70),
            Figure("detected_after_s", round(took - DIES_AFTER_S, 1), most=limit - DIES_AFTER_S),
            Figure("health_told_after_s", round(late_after, 1)),
            none("health_silent", late_after < 0),
            *nights(ground),
        ]


def _told_late(ground: Ground, began: float) -> float:
    """Seconds until /readyz said that the clock is late; the time of the drill has moved on by hours."""
    while time.monotonic() - began < DIES_AFTER_S + 10:
        try:
            if httpx.get(f"{ground.web}/readyz", trust_env=False).json()["clock"] == "late":
                return time.monotonic() - began
        except httpx.HTTPError:
            pass
        ground.move_to(ground.clock.now() + clocks.GRACE / 18)
        time.sleep(0.1)
    return -1.0

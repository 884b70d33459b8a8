"""``freshlegs up`` told to stop under load: it stops in time, takes its database with it, loses nothing."""

import os
import random
import signal
import time

import psycopg

from tests.drills.audit import audit
from tests.drills.crew import Member
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground, processes_in
from tests.drills.passage import Passage
from tests.drills.size import Size

STOPS_WITHIN_S = 10.0
SLOW_S = 25.0
ORPHANS_END_WITHIN_S = 5.0
READY_WITHIN_S = 60.0


def drill(size: Size) -> list[Figure]:
    """Ten SIGTERMs, each in the middle of a night's work; then one kill −9."""
    chance = random.Random(size.seed)
    stops = size.of(10, 50)
    with open_ground(size.seed, apart=False) as ground:
        up = _started(ground)
        passage = Passage(ground)
        passage.begin()
        slowest, badly, left_behind, at_work = 0.0, 0, 0, 0
        for stop in range(stops):
            if stop % 4 == 3 or ground.worn_out():
                passage.settle()  # what is left undone for a day on end expires
            slow = stop % 3 == 2
            if slow:  # a call that takes longer than a stop may
                ground.standin.fault(path="/activities", chance=1, delay=SLOW_S)
            passage.step(limit_s=2.0 if slow else chance.uniform(0.1, 0.8))
            at_work += bool(sum(passage.pending()))
            seconds, code = _stop(ground, up)
            ground.standin.clear_faults()
            slowest = max(slowest, seconds)
            badly += code != 0
            left_behind += len(processes_in(ground.home))
            up = _started(ground)
        passage.finish()
        figures = audit(passage, doubts=0, losses=0)
        os.kill(up.pid, signal.SIGKILL)
        return [
            Figure("stops", stops),
            Figure("in_mid_work", at_work, least=stops / 2),
            Figure("slowest_stop_s", round(slowest, 1), most=STOPS_WITHIN_S),
            none("exit_code_not_0", badly),
            none("left_behind", left_behind),
            *figures,
            none("left_behind_by_kill9", _left_after(ground, ORPHANS_END_WITHIN_S)),
        ]


def _started(ground: Ground) -> Member:
    """``up``, once its database answers and has tables."""
    ground.store.close()
    member = ground.crew.start("up")
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            with psycopg.connect(ground.dsn, connect_timeout=5) as connection:
                if connection.execute("SELECT to_regclass('heartbeat')").fetchone() != (None,):
                    return member
        except psycopg.OperationalError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("`up` did not come up")
        time.sleep(0.05)


def _stop(ground: Ground, up: Member) -> tuple[float, int | None]:
    """SIGTERM; seconds until the process was gone, and its exit code (−9 if it had to be killed)."""
    began = time.monotonic()
    up.process.terminate()
    up.process.join(STOPS_WITHIN_S + 5)
    seconds = time.monotonic() - began
    if up.alive:
        ground.crew.kill(up)
    code = up.process.exitcode
    up.process.close()
    ground.crew.members.remove(up)
    return seconds, code


def _left_after(ground: Ground, seconds: float) -> int:
    """How many processes of the killed one are still there after ``seconds``."""
    deadline = time.monotonic() + seconds
    while (left := processes_in(ground.home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return len(left)

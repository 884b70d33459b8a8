"""Drill 48: deploys: pages, clock and workers replaced one after the other, amid nights and events.

Two clocks or workers may run side by side; a port has one listener. New pages therefore listen at another
port, and what stands before them (``front``: one address, no second tries) is moved there before the older
ones are told to stop, as docs/operating.md says. Old and new processes here are of the same version.
"""

import time

from tests.demo.season import free_port, wait_for_pages
from tests.drills.audit import audit
from tests.drills.crew import Member
from tests.drills.event_stream import Events
from tests.drills.figure import Figure, none
from tests.drills.front import Front, open_front
from tests.drills.ground import FOUR, Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

CREW = ("web", "clock", "worker", "worker")
AMIDST_S = 0.3
"""So soon after a night has come somebody is replaced."""
DRAIN_S = 0.5
"""As long the older pages still listen to what the front had already sent to them."""
STOPS_WITHIN_S = 10.0


def drill(size: Size) -> list[Figure]:
    """5 deploys of four processes; soaked, 20."""
    deploys = size.of(5, 20)
    port = free_port()
    with open_ground(size.seed, kinds=FOUR, web_port=port) as ground, open_front(port) as front:
        passage = Passage(ground)
        for role in CREW:
            ground.crew.start(role)
        passage.begin()
        wait_for_pages(front.url)
        ground.web = front.url
        events = Events(ground)
        events.start()
        badly, slowest = 0, 0.0
        for _ in range(deploys):
            for member in list(ground.crew.members):
                passage.step(AMIDST_S)
                seconds, code = _replace(ground, front, member)
                badly += code != 0
                slowest = max(slowest, seconds)
                events.look()
        events.stop()
        passage.finish()
        return [
            Figure("deploys", deploys),
            Figure("processes_replaced", deploys * len(CREW)),
            Figure("slowest_stop_s", round(slowest, 1), most=STOPS_WITHIN_S),
            none("exit_code_not_0", badly),
            Figure("events_posted", len(events.posted), least=1),
            none("events_not_200", sum(each.status != 200 for each in events.posted)),
            none("events_lost_after_200", len(events.acknowledged - events.kept)),
            *audit(passage, doubts=0, losses=0),
        ]


def _replace(ground: Ground, front: Front, member: Member) -> tuple[float, int | None]:
    """The new process first; seconds until the older one was gone, and its exit code (none if it was not)."""
    if member.role == "web":
        port = free_port()
        ground.crew.environment = {**ground.crew.environment, "WEB_PORT": str(port)}
        ground.crew.start(member.role)
        wait_for_pages(f"http://127.0.0.1:{port}")
        front.target = port
        time.sleep(DRAIN_S)
    else:
        ground.crew.start(member.role)
    began = time.monotonic()
    member.process.terminate()
    member.process.join(STOPS_WITHIN_S + 1)
    seconds, code = time.monotonic() - began, member.process.exitcode
    ground.crew.stop(member)
    return seconds, code

"""Two clocks and four workers on one Postgres, forty zones, night after night, while everything that can
go wrong with a process or the database does: every night of everybody judged, and once."""

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle, islice

from tests.drills.audit import audit
from tests.drills.figure import Figure
from tests.drills.freeze import Frost
from tests.drills.ground import START, open_ground
from tests.drills.kill9 import Killer
from tests.drills.nights import ZONES
from tests.drills.passage import Passage
from tests.drills.postgres import Stopper
from tests.drills.size import Size
from tests.strava_standin.kinds import KINDS

CREW = ("worker", "worker", "worker", "worker", "clock", "clock")
IN_FLIGHT = 4 * 4
"""Four workers with four jobs each: so many may be caught by one stop of the database."""
HISTORY_DAYS = 14
"""Forty pasts are read before the first night; a longer one would tell nothing here."""
PERIOD_S = 0.5
"""Two clocks at the usual pace of drills would take a core for themselves."""
LOOK_EVERY = timedelta(hours=8)
"""Zones that lie nearer together are looked at in one go."""


class Nights(Passage):
    """Looks every eight hours, and writes no mails but those that the nights write."""

    def look(self) -> None:
        self.ground.move_to(self.ground.clock.now() + LOOK_EVERY)
        self.overdue += not self.settle()


def drill(size: Size) -> list[Figure]:
    """8 nights; soaked, 60."""
    until = START + timedelta(days=size.of(8, 60))
    chance = random.Random(size.seed)
    kinds = tuple(islice(cycle(KINDS), len(ZONES)))
    with open_ground(
        size.seed, kinds=kinds, zones=ZONES, history_days=HISTORY_DAYS, clock_period_s=PERIOD_S
    ) as ground:
        passage = Nights(ground)
        for role in CREW:
            ground.crew.start(role)
        passage.begin()
        killer = Killer(passage, chance, size.of(10, 200))
        frost = Frost(ground, chance, size.of(2, 40))
        stopper = Stopper(ground, chance, size.of(2, 30))
        passage.meddle = _all(ground.crew.supervise, killer, frost, stopper)
        while ground.clock.now() < until or killer.left or stopper.left or not frost.over:
            passage.look()
        ground.crew.supervise()
        passage.finish()
        kills, freezes, stops = killer.kills, frost.freezes, stopper.stops
        caught = kills + IN_FLIGHT * stops
        return [
            Figure("zones", len(ZONES)),
            Figure("kills", kills),
            Figure("freezes", freezes),
            Figure("stops", stops),
            # A process that begins while the database is away ends, and its supervisor starts another.
            Figure("started_in_vain", ground.crew.restarts, most=kills),
            *audit(passage, doubts=caught + freezes, losses=caught, repeats=kills + stops),
            Figure("overdue_looks", passage.overdue),
        ]


def _all(*troubles: Callable[[], None]) -> Callable[[], None]:
    def meddle() -> None:
        for trouble in troubles:
            trouble()

    return meddle

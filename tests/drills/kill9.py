"""kill −9 of workers and clocks at random points of sync, judge and deliver."""

import random
import time

from tests.drills.audit import audit
from tests.drills.figure import Figure
from tests.drills.ground import open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

CREW = ("worker", "worker", "clock", "clock")


class Killer:
    """Kills somebody every now and then; workers three times as often as clocks."""

    def __init__(self, passage: Passage, chance: random.Random, kills: int) -> None:
        self._passage, self._chance = passage, chance
        self.left, self.kills = kills, 0
        self._at = time.monotonic() + 1.0

    def __call__(self) -> None:
        if self.left and time.monotonic() >= self._at and not self._passage.ground.worn_out():
            crew = self._passage.ground.crew
            role = self._chance.choices(("worker", "clock"), (3, 1))[0]
            crew.kill(victim := self._chance.choice(crew.of(role)))
            crew.replace(victim)
            self.left -= 1
            self.kills += 1
            self._at = time.monotonic() + self._chance.uniform(0.2, 1.5)


def drill(size: Size) -> list[Figure]:
    """50 kills while nights pass."""
    with open_ground(size.seed) as ground:
        passage = Passage(ground)
        passage.meddle = killer = Killer(passage, random.Random(size.seed), size.of(50, 500))
        for role in CREW:
            ground.crew.start(role)
        passage.begin()
        while killer.left or not passage.mails_enough:
            passage.step()
        passage.finish()
        return [
            Figure("kills", killer.kills),
            *audit(passage, doubts=killer.kills, losses=killer.kills),
            Figure("overdue_steps", passage.overdue),
        ]

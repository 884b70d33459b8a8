"""Workers stopped in mid-work until others have taken over, then let go on: who wakes up does no harm."""

import os
import random
import signal
import time

from tests.drills.audit import audit
from tests.drills.crew import Member
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

CREW = ("worker", "worker", "worker", "clock")
FROZEN_S = 4.0
"""Past the lease of a row (2 s) and past that of a mail being sent (3 s here)."""


class Frost:
    """Stops one worker at a time with SIGSTOP, for longer than its leases last."""

    def __init__(self, ground: Ground, chance: random.Random, freezes: int) -> None:
        self._ground, self._chance = ground, chance
        self.left, self.freezes = freezes, 0
        self._frozen: Member | None = None
        self._at = time.monotonic() + 1.0

    @property
    def over(self) -> bool:
        return not self.left and self._frozen is None

    def __call__(self) -> None:
        if time.monotonic() < self._at:
            return
        if self._frozen is not None:
            os.kill(self._frozen.pid, signal.SIGCONT)
            self._frozen = None
            self._at = time.monotonic() + self._chance.uniform(0.05, 0.4)
        elif self.left and not self._ground.worn_out():
            self.left -= 1
            self.freezes += 1
            self._frozen = self._chance.choice(self._ground.crew.of("worker"))
            os.kill(self._frozen.pid, signal.SIGSTOP)
            self._at = time.monotonic() + FROZEN_S


def drill(size: Size) -> list[Figure]:
    """Ten times."""
    with open_ground(size.seed) as ground:
        passage = Passage(ground)
        passage.meddle = frost = Frost(ground, random.Random(size.seed), size.of(10, 100))
        for role in CREW:
            ground.crew.start(role)
        passage.begin()
        while not frost.over or not passage.mails_enough:
            passage.step()
        passage.finish()
        return [
            Figure("freezes", frost.freezes),
            none("ended", sum(not member.alive for member in ground.crew.members)),
            *audit(passage, doubts=frost.freezes, losses=0),
            Figure("overdue_steps", passage.overdue),
        ]

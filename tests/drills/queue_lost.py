"""The whole queue thrown away in the middle of work: it held nothing that our own rows do not say again."""

import random
import time

from tests.drills.audit import audit
from tests.drills.figure import Figure, none
from tests.drills.ground import LEASE_S, Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

LEASES_WITHOUT_WORKERS = 12
"""More than the attempts after which a row is parked."""
CREW = ("worker", "worker", "clock")
TABLES = """SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
    WHERE schemaname = 'public' AND starts_with(tablename, 'procrastinate_')"""


class Thief:
    """Empties every table of the queue while there is something in it."""

    def __init__(self, ground: Ground, chance: random.Random, thefts: int) -> None:
        self._ground, self._chance = ground, chance
        self.left, self.stolen = thefts, 0
        self._at = time.monotonic() + 0.5

    def __call__(self) -> None:
        if not self.left or time.monotonic() < self._at:
            return
        [(jobs,)] = self._ground.query("SELECT count(*) FROM procrastinate_jobs WHERE status <> 'failed'")
        if jobs:
            [(tables,)] = self._ground.query(TABLES)
            self._ground.query(f"TRUNCATE {tables} CASCADE")
            self.stolen += jobs
            self.left -= 1
            self._at = time.monotonic() + self._chance.uniform(0.3, 1.5)


def _let_nobody_come(passage: Passage) -> None:
    """Everybody connects while only the clock runs: work is asked for, lease after lease, and not done."""
    clock = passage.ground.crew.start("clock")
    passage.connect()
    time.sleep(LEASES_WITHOUT_WORKERS * LEASE_S)
    passage.ground.crew.stop(clock)


def drill(size: Size) -> list[Figure]:
    """Five times."""
    with open_ground(size.seed) as ground:
        passage = Passage(ground)
        times = size.of(5, 50)
        passage.meddle = thief = Thief(ground, random.Random(size.seed), times)
        _let_nobody_come(passage)
        for role in CREW:
            ground.crew.start(role)
        passage.settle()
        while thief.left or not passage.mails_enough:
            passage.step()
        passage.finish()
        ended = sum(not member.alive for member in ground.crew.members)
        return [
            Figure("times", times),
            Figure("jobs_thrown_away", thief.stolen, least=times),
            none("restarted_by_hand", ended),
            *audit(passage, doubts=0, losses=0),
            Figure("overdue_steps", passage.overdue),
        ]

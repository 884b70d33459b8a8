"""Postgres stopped at once under working processes, again and again: nobody has to be restarted."""

import random
import threading
import time
from collections import Counter

import httpx

from tests.drills.audit import audit
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground, quit_postgres
from tests.drills.passage import Passage
from tests.drills.size import Size

CREW = ("worker", "worker", "clock", "clock", "web")
DOWN_S = 2.0
ANSWERS_WITHIN_S = 15.0


class Stopper:
    """Stops the server with SIGQUIT and keeps it down for up to two seconds; its keeper starts it again."""

    def __init__(self, ground: Ground, chance: random.Random, stops: int) -> None:
        self._ground, self._chance = ground, chance
        self.left, self.stops, self.longest_s = stops, 0, 0.0
        self._at = time.monotonic() + 1.0

    def __call__(self) -> None:
        if not self.left or time.monotonic() < self._at or self._ground.worn_out():
            return
        self.left -= 1
        self.stops += 1
        began = time.monotonic()
        until = began + self._chance.uniform(0, DOWN_S)
        while True:
            quit_postgres(self._ground.home)
            if time.monotonic() >= until:
                break
            time.sleep(0.05)
        self._ground.query("SELECT 1")  # waits until it is back
        self.longest_s = max(self.longest_s, time.monotonic() - began)
        self._at = time.monotonic() + self._chance.uniform(0.3, 2.0)


class Visitor(threading.Thread):
    """A signed-in browser that asks for a page all the time and counts the answers."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(daemon=True)
        athlete = ground.query("SELECT id FROM athlete LIMIT 1")[0][0]
        with ground.store.transaction() as tx:
            day = 86_400
            token = tx.browsers.start("athlete", athlete, ground.clock.now(), 60 * day, 60 * day)
        self._client = httpx.Client(
            base_url=ground.web, cookies={"freshlegs": token}, timeout=ANSWERS_WITHIN_S, trust_env=False
        )
        self.answers: Counter[int] = Counter()
        self.slowest_s = 0.0
        self._leaving = threading.Event()

    def ask(self) -> int:
        began = time.monotonic()
        try:
            status = self._client.get("/status").status_code
        except httpx.HTTPError:
            status = 0
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        return status

    def run(self) -> None:
        while not self._leaving.wait(0.03):
            self.answers[self.ask()] += 1

    def leave(self) -> int:
        """Stop; the answer of one last look."""
        self._leaving.set()
        self.join(ANSWERS_WITHIN_S + 1)
        status = self.ask()
        self._client.close()
        return status


def drill(size: Size) -> list[Figure]:
    """10 immediate stops while nights pass."""
    with open_ground(size.seed) as ground:
        passage = Passage(ground)
        passage.meddle = stopper = Stopper(ground, random.Random(size.seed), 0)
        pids = {member.pid for member in map(ground.crew.start, CREW)}
        passage.begin()
        visitor = Visitor(ground)
        while visitor.ask() != 200:
            time.sleep(0.1)
        visitor.start()
        stopper.left = size.of(10, 200)
        while stopper.left or not passage.mails_enough:
            passage.step()
        passage.finish()
        last = visitor.leave()
        ended = [member for member in ground.crew.members if not member.alive]
        same = pids == {member.pid for member in ground.crew.members}
        in_flight = 2 * 4 * stopper.stops  # two workers with four jobs each, at every stop
        return [
            Figure("stops", stopper.stops),
            Figure("down_at_most_s", round(stopper.longest_s, 1)),
            none("restarted_by_hand", len(ended) + (not same)),
            *audit(passage, doubts=in_flight, losses=in_flight),
            Figure("pages_200", visitor.answers[200], least=1),
            Figure("pages_503", visitor.answers[503], least=1),
            none("pages_other", sum(visitor.answers.values()) - visitor.answers[200] - visitor.answers[503]),
            none("page_away_afterwards", last != 200),
            Figure("overdue_steps", passage.overdue),
        ]

"""Drill 25: a mail server that fails in every phase, and senders killed on the way."""

import random
import time
from datetime import timedelta
from uuid import uuid4

from service.notify import message
from tests.drills.audit import mails
from tests.drills.figure import Figure
from tests.drills.ground import SCOPES, Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size
from tests.mailbox import HANG_UP

LATER, NEVER = "451 4.3.0 later", "554 5.7.1 never"
FIRST_NUMBER = 1000
"""No other mail of that kind and night has such a number."""
PATIENCE_S = 30.0
WAITING = 60
"""So many mails lie in the outbox while senders are killed."""


class Mood:
    """Of a hundred mails some thirty are put off, five refused, and a few lose the line in each phase."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.asked = self.put_off = self.refused = self.hung_up = self.hung_up_after = 0

    def __call__(self, phase: str) -> str | None:
        self.asked += 1
        rolled = self._chance.random()
        if rolled < 0.02:
            self.hung_up += 1
            self.hung_up_after += phase == "BODY"
            return HANG_UP
        if phase in ("RCPT", "BODY") and rolled < 0.045:
            self.refused += 1
            return NEVER
        if phase in ("RCPT", "DATA", "BODY") and rolled < 0.15:
            self.put_off += 1
            return LATER
        return None


def drill(size: Size) -> list[Figure]:
    """25 kills of three senders; then the server is kind, and the books are compared."""
    chance, mood = random.Random(size.seed), Mood(size.seed)
    kills, written = 0, 0
    with open_ground(size.seed, kinds=("steady",) * 3, worker_concurrency=1) as ground:
        passage = Passage(ground)
        _readers(ground, 3)
        for role in ("worker", "worker", "worker", "clock"):
            ground.crew.start(role)
        ground.post.mood = mood
        while kills < size.of(25, 200):
            written += _write(ground, written, WAITING - passage.pending()[1])
            _let_some_pass(mood, chance.randrange(1, 25))
            time.sleep(chance.uniform(0, 0.06))
            ground.crew.kill(victim := chance.choice(ground.crew.of("worker")))
            ground.crew.replace(victim)
            kills += 1
            ground.move_to(ground.clock.now() + timedelta(minutes=5))
        ground.post.mood = None
        _let_all_end(ground, passage)
        return [
            Figure("kills", kills),
            Figure("written", written),
            Figure("put_off", mood.put_off, least=1),
            Figure("refused", mood.refused, least=1),
            Figure("hung_up", mood.hung_up, least=1),
            *mails(ground, doubts=kills + mood.hung_up_after),
        ]


def _let_some_pass(mood: Mood, answers: int) -> None:
    """Wait for so many answers of the server, however busy the machine is."""
    enough, deadline = mood.asked + answers, time.monotonic() + PATIENCE_S
    while mood.asked < enough and time.monotonic() < deadline:
        time.sleep(0.005)


def _readers(ground: Ground, count: int) -> None:
    """Athletes with an address and nothing else to do: no list is due, and no night."""
    now = ground.clock.now()
    with ground.store.transaction() as tx:
        for strava_id in range(1, count + 1):
            athlete = tx.athletes.connect(strava_id, SCOPES, "UTC", now)
            token = tx.addresses.propose(athlete.id, f"reader{strava_id}@example.org", now)
            tx.addresses.confirm(token, now)
    later = now + timedelta(days=300)
    ground.query("UPDATE athlete SET sync_due_at = %s, next_night_at = %s", later, later)


def _write(ground: Ground, written: int, count: int) -> int:
    """So many more mails into the outbox, of the kind that does not grow stale within the drill."""
    links = message.Links(
        status_url=ground.web, checkin_url=ground.web, unsubscribe_url=f"{ground.web}/unsubscribe/x"
    )
    now, night = ground.clock.now(), ground.clock.now().date()
    mail = message.reconnect(ground.web, night=night, links=links)
    with ground.store.transaction() as tx:
        athletes = tx.athletes.all()
        for number in range(written, written + count):
            athlete = athletes[number % len(athletes)].id
            message_id = f"<storm-{uuid4().hex}@example.org>"
            tx.mailbox.put(athlete, mail.kind, night, mail, message_id, now, FIRST_NUMBER + number)
    return max(0, count)


def _let_all_end(ground: Ground, passage: Passage) -> None:
    """Waits of up to two hours pass; what was handed over without an answer becomes a doubt."""
    for _ in range(4):
        ground.move_to(ground.clock.now() + timedelta(hours=2, minutes=5))
        passage.settle()
    ground.query("UPDATE mail SET handed_at = handed_at - interval '61 min' WHERE state = 'handed'")
    deadline = time.monotonic() + 60
    while ground.query("SELECT 1 FROM mail WHERE state = 'handed'") and time.monotonic() < deadline:
        time.sleep(0.1)

"""Drill 41: athletes leave while their jobs run, their mails wait and workers are killed in the middle."""

import random
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from service.notify import message
from service.store.tables import Base
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.size import Size

PATIENCE_S = 120.0
RECEIPT = b"\r\nSubject: Your freshlegs data are deleted\r\n"
AFTERWARDS_S = 3.0
"""Longer than every tick of these clocks, so that whatever was left of anybody would be touched."""


def drill(size: Size) -> list[Figure]:
    """All but one leave within seconds of their arrival; kill −9 meets whoever is at work."""
    chance, leaving = random.Random(size.seed), size.of(30, 100)
    with open_ground(size.seed, kinds=("steady",) * (leaving + 1)) as ground:
        ids = [each["id"] for each in ground.standin.athletes()]
        for strava_id in ids:
            ground.connect(strava_id)
        known = dict(ground.query("SELECT strava_id, id FROM athlete"))
        staying = known.pop(ids[0])
        for athlete in known.values():
            _write(ground, athlete)
        for role in ("worker", "worker", "clock"):
            ground.crew.start(role)
        _wait(lambda: ground.query("SELECT 1 FROM activity LIMIT 1"))
        began = time.monotonic()
        with ground.store.transaction() as tx:
            for athlete in known.values():
                tx.athletes.disconnect(athlete)
        kills, seconds = _watch(ground, chance, set(known.values()), began)
        _wait(lambda: not ground.query("SELECT 1 FROM mail WHERE state IN ('queued', 'sending', 'deferred')"))
        ground.standin.clear_ledger()
        mails = len(ground.post.received)
        ground.move_to(ground.clock.now() + timedelta(days=2))
        time.sleep(AFTERWARDS_S)
        calls = [call for call in ground.standin.ledger() if call["athlete"] in known]
        late = [raw for raw in ground.post.received[mails:] if _reader(raw) in known and RECEIPT not in raw]
        receipts = receipts_in(ground)
        ground.crew.stop()
        doubtful = ground.query("SELECT count(*) FROM mail WHERE state IN ('handed', 'in_doubt')")[0][0]
        return [
            Figure("athletes", leaving),
            Figure("kills", kills, least=1),
            Figure("p95_seconds", round(_p95(seconds), 1), most=60),
            none("rows_left", sum(rows_of(ground, athlete) for athlete in known.values())),
            none("still_there", leaving - len(seconds)),
            none("receipts_missing", max(0, leaving - len(receipts) - doubtful)),
            none("receipts_doubled", len(receipts) - len(set(receipts))),
            none("calls_afterwards", len(calls)),
            none("mails_afterwards", len(late)),
            Figure("who_stays", rows_of(ground, staying), least=2),
        ]


def _write(ground: Ground, athlete: UUID) -> None:
    """A mail that waits when its reader leaves."""
    now = ground.clock.now()
    links = message.Links(status_url=ground.web, checkin_url=ground.web, unsubscribe_url=ground.web)
    mail = message.reconnect(ground.web, night=now.date(), links=links)
    with ground.store.transaction() as tx:
        tx.mailbox.put(
            athlete, mail.kind, mail.night, mail, f"<wait-{uuid4().hex}@example.org>", now + timedelta(days=1)
        )


def _watch(
    ground: Ground, chance: random.Random, waiting: set[UUID], began: float
) -> tuple[int, list[float]]:
    """Seconds until each is gone; a worker is killed whenever a few more are."""
    seconds: list[float] = []
    kills, next_kill = 0, 1
    while waiting and time.monotonic() < began + PATIENCE_S:
        left = {athlete for (athlete,) in ground.query("SELECT id FROM athlete")}
        seconds += [time.monotonic() - began] * len(waiting - left)
        waiting &= left
        if len(seconds) >= next_kill and waiting:
            ground.crew.kill(victim := chance.choice(ground.crew.of("worker")))
            ground.crew.replace(victim)
            kills += 1
            next_kill = len(seconds) + chance.randrange(2, 7)
        time.sleep(0.02)
    return kills, seconds


def _wait(done: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)


def receipts_in(ground: Ground) -> list[int]:
    return [_reader(raw) for raw in ground.post.received if RECEIPT in raw]


def _reader(raw: bytes) -> int:
    """Whose mail it is: the number in the made-up address."""
    return int(raw.partition(b"\r\nTo: athlete")[2].partition(b"@")[0] or 0)


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(0.95 * (len(seconds) - 1))] if seconds else PATIENCE_S


def rows_of(ground: Ground, athlete: UUID) -> int:
    rows = ground.query("SELECT count(*) FROM athlete WHERE id = %s", athlete)[0][0]
    for table in Base.metadata.sorted_tables:
        if "athlete_id" in table.c:
            # That somebody was forgotten, and when, is the one thing kept; the id points nowhere.
            kept = "AND event <> 'athlete_erased'" if table.name == "logbook" else ""
            counting = f"SELECT count(*) FROM {table.name} WHERE athlete_id = %s {kept}"
            rows += ground.query(counting, athlete)[0][0]
    return int(rows)

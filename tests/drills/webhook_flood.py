"""Drill 18: events faster than anybody runs, to a real page; and thousands that are forged."""

import http.client
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from service.jobs.events import LISTS_AN_HOUR, MANY, READS_AN_HOUR
from service.jobs.intake import path_secret
from tests.demo.season import wait_for_pages
from tests.drills.figure import Figure, none
from tests.drills.ground import FOUR, START, Ground, open_ground
from tests.drills.size import Size
from tests.posts import SUBSCRIPTION, posted

SENDERS = 8
SLOWEST_S, TOO_LATE_S = 0.5, 2.0
HOURS = 4
ENDS_WITHIN_S = 60.0
PENDING = """SELECT (SELECT count(*) FROM inbox WHERE state <> 'done' AND due_at <= %s)
  + (SELECT count(*) FROM athlete WHERE sync_due_at <= %s)"""


def drill(size: Size) -> list[Figure]:
    """Each event is posted on time or as soon as a sender is free; what counts is when it is answered."""
    rate, seconds, forged = size.of(60, 200), size.of(10, 30), size.of(2000, 10_000)
    with open_ground(size.seed, kinds=FOUR) as ground:
        for athlete in ground.standin.athletes():
            ground.connect(athlete["id"])
        with ground.store.transaction() as tx:
            tx.subscription.made(SUBSCRIPTION, ground.clock.now())
        crew = [ground.crew.start("clock"), ground.crew.start("worker")]
        _worked_off(ground)
        ground.crew.stop(*crew)
        ground.query("UPDATE athlete SET sync_due_at = sync_due_at + interval '10 years'")
        ground.crew.start("web")
        wait_for_pages(ground.web)
        flood = _post(ground, rate, range(1, 1 + rate * seconds))
        [(kept,)] = ground.query("SELECT count(*) FROM inbox")
        ground.query("UPDATE inbox SET state = 'done', settled_at = now()")
        _post(ground, 0, range(10**9, 10**9 + forged))
        ground.standin.clear_ledger()
        ground.crew.start("clock")
        ground.crew.start("worker")
        real = [row["id"] for athlete in ground.standin.athletes() for row in _sessions(ground, athlete)]
        for hour in range(HOURS):  # so few at once that each is read by itself, and some of them are there
            _worked_off(ground)
            few = MANY * len(FOUR) // 2
            made_up = range(2 * 10**9 + hour * few, 2 * 10**9 + (hour + 1) * few)
            _post(ground, 0, [*real[hour * few : (hour + 1) * few], *made_up])
            ground.move_to(ground.clock.now() + timedelta(hours=1))
        _worked_off(ground)
        calls = ground.standin.totals()["counted"]
        cap = len(FOUR) * (READS_AN_HOUR + LISTS_AN_HOUR) * (HOURS + 1)
        return [
            Figure("posted", len(flood)),
            Figure("a_second", rate),
            Figure("p99_ms", round(1000 * sorted(flood)[len(flood) * 99 // 100]), most=1000 * SLOWEST_S),
            none("later_than_2_s", sum(each > TOO_LATE_S for each in flood)),
            none("lost", rate * seconds - int(kept)),
            Figure("forged", forged + HOURS * MANY * len(FOUR)),
            Figure("calls_for_forged", calls, least=HOURS, most=cap),
            none("rows_changed_by_forgery", len(_seen(ground) ^ _rows(ground))),
        ]


def _post(ground: Ground, rate: int, sessions: Sequence[int]) -> list[float]:
    """Seconds until each event was answered by 200; anything else counts as an hour. Every third event
    says that its session is gone. ``rate`` a second; 0: as fast as they go."""
    athletes = [athlete["id"] for athlete in ground.standin.athletes()]
    path = f"/webhook/{path_secret('', ground.keyring)}"
    host = urlsplit(ground.web).netloc
    began = time.monotonic()

    def send(lane: int) -> list[float]:
        connection = http.client.HTTPConnection(host, timeout=10)
        took = []
        for n in range(lane, len(sessions), SENDERS):
            if rate:
                time.sleep(max(0.0, began + n / rate - time.monotonic()))
            aspect = "delete" if n % 3 == 0 else "create"
            body = posted(sessions[n], aspect, owner=athletes[n % len(athletes)], at=1_772_000_000 + n)
            sent = time.monotonic()
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            took.append(time.monotonic() - sent if answer.status == 200 else 3600.0)
        return took

    with ThreadPoolExecutor(SENDERS) as pool:
        return [each for lane in pool.map(send, range(SENDERS)) for each in lane]


def _worked_off(ground: Ground) -> None:
    """Whatever the events want at this instant is done."""
    deadline = time.monotonic() + ENDS_WITHIN_S
    while ground.query(PENDING, ground.clock.now(), ground.clock.now())[0][0]:
        if time.monotonic() > deadline:
            raise TimeoutError("the events were not worked off")
        time.sleep(0.1)


def _sessions(ground: Ground, athlete: dict[str, Any]) -> list[dict[str, Any]]:
    return ground.standin.activities(athlete["id"])


def _seen(ground: Ground) -> set[tuple[object, ...]]:
    """What Strava shows of the days before the drill: what came during it may not have been listed yet."""
    return {
        (athlete["id"], str(row["id"]))
        for athlete in ground.standin.athletes()
        for row in _sessions(ground, athlete)
        if datetime.fromisoformat(row["start_date"]) < START
    }


def _rows(ground: Ground) -> set[tuple[object, ...]]:
    return set(
        ground.query(
            "SELECT a.strava_id, x.external_id FROM activity x JOIN athlete a ON a.id = x.athlete_id "
            "WHERE x.hidden_at IS NULL AND x.start < %s",
            START,
        )
    )

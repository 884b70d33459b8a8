"""A season of many athletes at Strava's limits: what a night costs, by the stand-in's own ledger.

Judged is only the first night, to see what a first verdict costs; the rest is reading. ``SEASON=200x90``
(athletes x days) sets the size; ``make bench`` runs a smaller one. Time passes from one due instant or event
to the next.
"""

import logging
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import sqlalchemy
import structlog
import uvicorn

from service.app import App
from service.jobs.clock import due_backfills, due_events, due_syncs
from service.jobs.events import hear
from service.jobs.nightly import judge
from service.jobs.subscription import subscribe
from service.jobs.sync import deepen, sync
from service.pages import build_pages
from service.roles import Running
from service.strava.quota import Limits, Pair
from tests.apps import Asked, an_app, connect
from tests.demo.season import free_port, wait_for_pages
from tests.demo.simulated import SimulatedClock
from tests.fixtures_postgres import store_apart
from tests.strava_standin.control import Standin

START = datetime(2026, 3, 1, 0, 0, 10, tzinfo=UTC)
DAY, STEP = timedelta(days=1), timedelta(minutes=15)
A_DAY = 0.7
DELETED, RENAMED, HIDDEN = 0.06, 0.2, 0.01
"""Of the activities, at some time within ten days."""
TRAVEL: dict[str, Any] = {"lost": 0.03, "doubled": 0.05, "shuffled": True}
HISTORY_DAYS = 60
JOBS = {"sync": sync, "hear": hear, "deepen": deepen}
USUAL = "20x20"
THREADS = 3
PLENTY = (900_000, 900_000)


@dataclass
class Season:
    """One run: who, when, and what was done to their activities."""

    app: App
    standin: Standin
    clock: SimulatedClock
    rng: random.Random
    athletes: list[int]
    plan: list[tuple[datetime, str, int]] = field(default_factory=list)
    deleted: dict[str, datetime] = field(default_factory=dict)
    deletions: int = 0
    slowest: timedelta = timedelta(0)

    def run_until(self, end: datetime) -> None:
        """From instant to instant, each with everything that is due then."""
        while self.clock.now() < end:
            due = [moment for moment in (self._next_row(), self.plan[0][0] if self.plan else None) if moment]
            soonest = max(min([*due, end]), self.clock.now() + timedelta(seconds=1))
            if soonest.date() > self.clock.now().date():
                self._vacuum()
            self.standin.set_now(self.clock.move_to(min(soonest, end)))
            self._happen()
            self.settle()

    def settle(self) -> None:
        """All that is due now, and what follows from it."""
        self.standin.deliver()
        with ThreadPoolExecutor(THREADS) as pool:
            while True:
                for tick in (due_events, due_syncs, due_backfills):
                    tick(self.app)
                asked, self.app.queue.asked[:] = list(self.app.queue.asked), []  # type: ignore[attr-defined]
                wanted = [(job, subjects) for job, *subjects in asked if job in JOBS]
                if not wanted:
                    break
                list(pool.map(self._work, wanted))
        self._look_for_deleted()

    def draw(self, first: datetime, days: int) -> None:
        """Who runs when, and what becomes of it."""
        for athlete in self.athletes:
            for day in self.rng.sample(range(days), round(A_DAY * days)):
                at = first + day * DAY + timedelta(hours=self.rng.randrange(5, 22))
                self.plan.append((at, "insert", athlete))
        self.plan.sort()

    def _work(self, wanted: tuple[str, list[Any]]) -> None:
        job, subjects = wanted
        JOBS[job](self.app, [str(subject) for subject in subjects])

    def _vacuum(self) -> None:
        """Once a day: the Postgres of tests does not by itself, and a season writes the same rows often."""
        with psycopg.connect(self.app.dsn, autocommit=True) as connection:
            connection.execute("VACUUM")

    def _happen(self) -> None:
        now = self.clock.now()
        while self.plan and self.plan[0][0] <= now:
            _, what, who = self.plan.pop(0)
            if what == "insert":
                self._insert(who, now)
            elif what == "delete":
                self._delete(who, now)
            elif what == "rename":
                self.standin.edit(who, name="another title")
            else:
                self.standin.hide(who)

    def _delete(self, activity: int, now: datetime) -> None:
        """Of every third nobody is told: only a list can show that it is gone."""
        self.deletions += 1
        self.standin.mishaps(**TRAVEL | ({"lost": 1.0} if self.deletions % 3 == 0 else {}))
        self.standin.delete(activity)
        self.standin.mishaps(**TRAVEL)
        self.deleted[str(activity)] = now

    def _insert(self, athlete: int, now: datetime) -> None:
        row = self.standin.insert(athlete, distance=float(self.rng.randrange(4000, 16000)))
        for what, chance in (("delete", DELETED), ("rename", RENAMED), ("hide", HIDDEN)):
            if self.rng.random() < chance:
                later = now + timedelta(hours=self.rng.randrange(1, 240))
                self.plan.append((later, what, int(row["id"])))
                if what == "delete":
                    break
        self.plan.sort()

    def _look_for_deleted(self) -> None:
        """When a deletion is no longer here, how long it took; one still here counts as of now."""
        query = sqlalchemy.text("SELECT external_id FROM activity WHERE external_id = ANY(:ids)")
        with self.app.store.transaction() as tx:
            here = set(tx.connection.execute(query, {"ids": list(self.deleted)}).scalars())
        for activity, at in list(self.deleted.items()):
            self.slowest = max(self.slowest, self.clock.now() - at)
            if activity not in here:
                del self.deleted[activity]

    def _next_row(self) -> datetime | None:
        query = sqlalchemy.text("""SELECT min(at) FROM (
            SELECT at FROM athlete, LATERAL (VALUES (sync_due_at), (backfill_at)) AS due (at)
            UNION ALL SELECT due_at FROM inbox WHERE state <> 'done') AS every WHERE at > :now""")
        with self.app.store.transaction() as tx:
            found: datetime | None = tx.connection.execute(query, {"now": self.clock.now()}).scalar_one()
        return found


def bench() -> Iterator[str]:
    """Lines: the backfill's share of the quota, then the season's price."""
    athletes, days = (int(part) for part in os.environ.get("SEASON", USUAL).split("x"))
    with ExitStack() as stack:
        stack.callback(structlog.configure, **structlog.get_config())
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        season = _open(stack, athletes)
        yield from _backfill(season, athletes)
        yield from _steady(season, athletes, days)


def _backfill(season: Season, athletes: int) -> Iterator[str]:
    began = season.clock.now()
    for athlete in season.athletes:
        connect(season.app, season.standin, athlete)
    first = season.standin.totals()["counted"]
    judged = _first_verdicts(season)
    calls = season.standin.totals()["counted"] - first
    season.run_until(began + DAY - timedelta(seconds=30))
    limit = season.standin.limits()["read_limit"][1]
    used = season.standin.limits()["read_usage"][1]
    waiting = _waiting(season)
    own = season.standin.limits()
    season.standin.limits(read_limit=PLENTY, overall_limit=PLENTY)  # the rest would only go on like this
    season.run_until(began + 2 * DAY)
    season.standin.limits(read_limit=own["read_limit"], overall_limit=own["overall_limit"])
    yield (
        f"backfill athletes={athletes} first_verdicts={judged} after_reads_each={calls / athletes:.2f} "
        f"(promised 1) quota_used={used / limit:.3f} of {limit} a day while {waiting} "
        "athletes wait (promised >= 0.98) "
        f"own_429={season.standin.counters().get('too_many', 0)} (promised 0)"
    )


def _first_verdicts(season: Season) -> int:
    """The first lists alone, before any deepening, and the nights judged by them; returns how many."""
    queue: Asked = season.app.queue  # type: ignore[assignment]
    for _ in range(10):  # a quarter hour has calls for half of them
        due_syncs(season.app)
        for athlete in queue.of("sync"):
            sync(season.app, [str(athlete)])
        judge(season.app, [str(athlete) for athlete in queue.of("judge")])
        queue.asked.clear()
        season.standin.set_now(season.clock.move_to(season.clock.now() + STEP))
    with season.app.store.transaction() as tx:
        query = sqlalchemy.text(
            "SELECT count(DISTINCT athlete_id) FROM night JOIN athlete ON athlete.id = athlete_id "
            "WHERE listed_at IS NOT NULL"
        )
        return int(tx.connection.execute(query).scalar_one())


def _waiting(season: Season) -> int:
    with season.app.store.transaction() as tx:
        query = sqlalchemy.text("SELECT count(*) FROM athlete WHERE backfill_at IS NOT NULL")
        return int(tx.connection.execute(query).scalar_one())


def _steady(season: Season, athletes: int, days: int) -> Iterator[str]:
    """After the backfill: webhooks on, everybody runs."""
    season.standin.mishaps(**TRAVEL)
    subscribe(season.app)
    season.run_until(season.clock.now() + 2 * DAY)
    season.standin.clear_ledger()
    earlier = season.standin.counters()
    began = season.clock.now()
    season.draw(began, days)
    season.run_until(began + days * DAY)
    reads = [call for call in season.standin.ledger() if call["counted"]]
    lists = sum(call["path"].endswith("/athlete/activities") for call in reads)
    told = Counter(season.standin.counters())
    told.subtract(earlier)
    stale = _stale(season)
    yield (
        f"season athletes={athletes} days={days} activities_a_day={A_DAY} reads={len(reads)} "
        f"reads_per_athlete_day={len(reads) / athletes / days:.3f} (promised <= 1.25) "
        f"lists={lists / athletes / days:.3f} details={(len(reads) - lists) / athletes / days:.3f}"
    )
    yield (
        f"season events={told['events']} lost={told['events_lost']} deletions={season.deletions} "
        f"deletion_mirrored_within_h={season.slowest / timedelta(hours=1):.1f} (promised < 48) "
        f"own_429={told['too_many']} (promised 0) stale_athletes={stale} (promised 0)"
    )


def _stale(season: Season) -> int:
    """Athletes whose picture was not renewed within the last day."""
    query = sqlalchemy.text("SELECT count(*) FROM athlete WHERE synced_at < :since OR sync_attempts > 3")
    with season.app.store.transaction() as tx:
        since = season.clock.now() - DAY - timedelta(minutes=30)
        return int(tx.connection.execute(query, {"since": since}).scalar_one())


def _open(stack: ExitStack, athletes: int) -> Season:
    """Database, stand-in, pages on a port, and an application that works its own queue off."""
    day = athletes * 5
    # For 200 athletes those of a new application.
    limits = {"read_limit": (day // 10, day), "overall_limit": (day // 5, day * 2)}
    standin = stack.enter_context(Standin.start(now=START, seed=7, athletes=[]))
    wishes = [{"kind": "steady", "id": 7_100_000 + n, "zone": "Europe/Oslo"} for n in range(athletes)]
    standin.reset(now=START, athletes=wishes, history_days=HISTORY_DAYS, future_days=-1, **limits)
    store, dsn = stack.enter_context(store_apart())
    clock, port = SimulatedClock(START), free_port()
    read, overall = Pair(*limits["read_limit"]), Pair(*limits["overall_limit"])
    app = stack.enter_context(
        an_app(
            store,
            now=clock.now,
            standin=standin,
            dsn=dsn,
            queue=Asked(),
            limits=Limits(overall, read),
            strava_api_base=standin.api_base,
            base_url=f"http://127.0.0.1:{port}",
            log_level="error",
        )
    )
    stop = threading.Event()
    stack.enter_context(Running(partial(_serve, app, port, stop), "web", stop))
    wait_for_pages(app.settings.base_url)
    return Season(app, standin, clock, random.Random(7), [wish["id"] for wish in wishes])


def _serve(app: App, port: int, stop: threading.Event) -> None:
    server = uvicorn.Server(uvicorn.Config(build_pages(app), port=port, log_config=None, access_log=False))

    def watch() -> None:
        stop.wait()
        server.should_exit = True

    threading.Thread(target=watch, daemon=True).start()
    server.run()

"""The service without processes: jobs and ticks called in turn, so that thousands of moments fit a minute.

For drills of what Strava does to us. What crashes do to processes is drilled on ``ground``.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy
from structlog.testing import capture_logs

from service.app import App
from service.errors import FreshlegsError
from service.jobs.clock import due_backfills, due_erasures, due_events, due_mails, due_nights, due_syncs
from service.jobs.intake import Intake
from service.jobs.listing import EVER
from service.jobs.roster import JOBS
from service.strava.quota import Limits, Pair
from tests.apps import Asked, Recording, an_app, connect
from tests.demo.simulated import SimulatedClock
from tests.drills.ground import HISTORY_DAYS, START, ZONES
from tests.fixtures_postgres import store_apart
from tests.posts import SUBSCRIPTION
from tests.strava_standin.control import Standin

TICKS = (due_events, due_syncs, due_backfills, due_nights, due_mails, due_erasures)
PLENTY = (900_000, 900_000)


@dataclass
class Workshop:
    """One application, one Strava, one clock. ``uncaught`` are errors that no job should let out,
    ``longest_s`` is how long one job has held its worker (real seconds)."""

    app: App
    standin: Standin
    clock: SimulatedClock
    mailer: Recording
    events: list[Any]
    uncaught: int = 0
    longest_s: float = 0.0

    def connect_all(self) -> dict[int, UUID]:
        """Every athlete of the stand-in, with a confirmed address; by Strava's id."""
        found = {}
        for each in self.standin.athletes():
            athlete = connect(self.app, self.standin, each["id"])
            found[each["id"]] = athlete.id
            with self.app.store.transaction() as tx:
                token = tx.addresses.propose(athlete.id, f"athlete{each['id']}@example.org", self.app.now())
                tx.addresses.confirm(token, self.app.now())
        return found

    def subscribe(self) -> None:
        """Events are ours from now on; they are carried by ``carry``, not by a page."""
        with self.app.store.transaction() as tx:
            tx.subscription.made(SUBSCRIPTION, self.app.now())

    def carry(self, event: bytes) -> None:
        """Post one event."""
        Intake(self.app).take(event, None)

    def move(self, span: timedelta) -> None:
        self.standin.set_now(self.clock.move_to(self.clock.now() + span))

    def settle(self, rounds: int = 50) -> None:
        """Everything that is due now."""
        for _ in range(rounds):
            for tick in TICKS:
                tick(self.app)
            asked, self.queue.asked = self.queue.asked, []
            if not asked:
                return
            for job, *subjects in asked:
                self.guarded(
                    lambda job=job, subjects=subjects: JOBS[job](self.app, [str(s) for s in subjects])
                )

    def guarded(self, work: Callable[[], object]) -> None:
        """An error of ours may come; any other is counted."""
        began = time.monotonic()
        try:
            work()
        except FreshlegsError:
            pass
        except Exception as error:
            print(f"uncaught: {type(error).__name__}: {error}", flush=True)
            self.uncaught += 1
        self.longest_s = max(self.longest_s, time.monotonic() - began)

    def pass_time(self, span: timedelta, step: timedelta = timedelta(minutes=15)) -> None:
        end = self.clock.now() + span
        while self.clock.now() < end:
            self.move(step)
            self.settle()

    def list_due(self) -> None:
        """Everybody's list may be read again now: what was run since the last night is no loss."""
        self.query(
            "UPDATE athlete SET sync_due_at = :now, listed_at = NULL RETURNING 1", now=self.clock.now()
        )

    @property
    def queue(self) -> Asked:
        assert isinstance(self.app.queue, Asked)
        return self.app.queue

    def query(self, sql: str, **values: Any) -> list[Any]:
        with self.app.store.transaction() as tx:
            return list(tx.connection.execute(sqlalchemy.text(sql), values).all())

    def count(self, sql: str, **values: Any) -> int:
        return int(self.query(sql, **values)[0][0])

    def differences(self, since: datetime = EVER) -> tuple[int, int]:
        """Sessions that Strava shows and we lack, and the reverse."""
        ours = set(
            self.query(
                "SELECT a.strava_id, x.external_id FROM activity x JOIN athlete a ON a.id = x.athlete_id "
                "WHERE x.hidden_at IS NULL AND x.start >= :since",
                since=since,
            )
        )
        theirs = {
            (each["id"], str(row["id"]))
            for each in self.standin.athletes()
            for row in self.standin.activities(each["id"])
            if datetime.fromisoformat(row["start_date"]) >= since
        }
        ours = {tuple(each) for each in ours}
        return len(theirs - ours), len(ours - theirs)


@contextmanager
def open_workshop(
    seed: int,
    kinds: Sequence[str],
    *,
    read_limit: tuple[int, int] = PLENTY,
    short_pages: Sequence[int] = (),
    start: datetime = START,
    future_days: int = 40,
    **settings: Any,
) -> Iterator[Workshop]:
    """A workshop with one athlete of each of ``kinds``, not yet connected."""
    with ExitStack() as stack:
        events = stack.enter_context(capture_logs())
        standin = stack.enter_context(Standin.start(now=start, seed=seed, athletes=[]))
        wishes = [
            {"kind": kind, "id": 7_000_001 + n, "zone": ZONES[n % len(ZONES)]} for n, kind in enumerate(kinds)
        ]
        overall = (read_limit[0] * 2, read_limit[1] * 2)
        standin.reset(
            seed=seed,
            now=start,
            athletes=wishes,
            history_days=HISTORY_DAYS,
            future_days=future_days,
            read_limit=read_limit,
            overall_limit=overall,
            short_pages=list(short_pages),
        )
        store, dsn = stack.enter_context(store_apart())
        clock, mailer = SimulatedClock(start), Recording()
        app = stack.enter_context(
            an_app(
                store,
                now=clock.now,
                standin=standin,
                dsn=dsn,
                mailer=mailer,
                queue=Asked(),
                limits=Limits(Pair(*overall), Pair(*read_limit)),
                lease_s=1,
                **settings,
            )
        )
        yield Workshop(app, standin, clock, mailer, events)

"""Drill 50: whatever is down, ``/readyz`` and the admins' overview say so; what is mended, too."""

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from tests.demo.season import wait_for_pages
from tests.drills.event_stream import SUBSCRIPTION
from tests.drills.figure import Figure, none
from tests.drills.ground import FOUR, Ground, open_ground, quit_postgres
from tests.drills.knocks import an_admin
from tests.drills.passage import Passage
from tests.drills.size import Size
from tests.drills.switched_off import INACTIVE
from tests.jobs.test_ping import listening

TOLD_WITHIN_S = 30.0
"""A word follows within a period of the clock or a beat of a worker; the rest is a busy machine's."""
WELL = {
    "ready": True, "database": "ok", "clock": "alive", "worker": "alive", "work": "ok", "strava": "open",
    "subscription": "hearing", "mail": "ok", "backup": "ok",
}  # fmt: skip
DUE = "UPDATE athlete SET sync_due_at = %s, listed_at = NULL"
SILENT = "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '5 min'"


@dataclass
class Told:
    """Reads what is told by a page that is asked all the time. ``pings`` are those of the dead man."""

    ground: Ground
    passage: Passage
    cookies: dict[str, str]
    pings: list[str]
    silent: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    def becomes(self, what: str, overview: str, **words: object) -> None:
        """Wait until ``/readyz`` says these words beside well ones, and the overview ``overview``."""
        began = time.monotonic()
        while time.monotonic() - began < TOLD_WITHIN_S:
            if self._readyz() == WELL | words and overview in self._overview():
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                return
            time.sleep(0.1)
        headline = re.findall(r"<h1[^>]*>(.*?)</h1>", self._overview())
        print(f"  {what}: {headline} {self._readyz()}", flush=True)
        self.silent.append(what)

    def mended(self, what: str) -> None:
        self.passage.settle()
        self.becomes(f"{what}, mended", "Everything runs")

    def away(self) -> bool:
        """Not ready, and yet alive."""
        answer = httpx.get(f"{self.ground.web}/readyz", trust_env=False, timeout=TOLD_WITHIN_S)
        live = httpx.get(f"{self.ground.web}/healthz", trust_env=False)
        return (answer.status_code, answer.json()["database"], live.status_code) == (503, "unavailable", 200)

    def _readyz(self) -> object:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.ground.web}/readyz", trust_env=False).json()
        return None

    def _overview(self) -> str:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.ground.web}/admin", cookies=self.cookies, trust_env=False).text
        return ""


def drill(size: Size) -> list[Figure]:
    """Six parts taken down one after the other, and put up again; size makes no difference."""
    with listening() as ear, open_ground(size.seed, kinds=FOUR, ping_url=ear.url) as ground:
        passage = Passage(ground)
        for role in ("web", "clock", "worker"):
            ground.crew.start(role)
        with ground.store.transaction() as tx:
            tx.subscription.made(SUBSCRIPTION, ground.clock.now() + timedelta(days=3650))
            tx.heartbeats.beat("backup", ground.clock.now() + timedelta(days=3650))
        passage.begin()
        wait_for_pages(ground.web)
        told = Told(ground, passage, an_admin(ground, "viewer"), ear.heard)
        told.becomes("all is well", "Everything runs")
        for part in PARTS:
            part(told)
        return [
            Figure("parts", len(PARTS)),
            none("silent_failures", len(told.silent)),
            Figure("told_within_s", round(told.slowest_s, 1), most=TOLD_WITHIN_S),
            Figure("pings", len(ear.heard), least=1),
        ]


def _clock(told: Told) -> None:
    """Killed; after three minutes without it the dead man's ping has long stopped."""
    [clock] = told.ground.crew.of("clock")
    told.ground.crew.kill(clock)
    heard = len(told.pings)
    told.ground.move_to(told.ground.clock.now() + timedelta(minutes=4))
    told.becomes("no clock", "Look at: clock", clock="late")
    if len(told.pings) > heard:
        told.silent.append("a ping without a clock")
    told.ground.crew.replace(clock)
    told.mended("no clock")


def _worker(told: Told) -> None:
    """Killed with work to do: it falls silent, and the work waits."""
    [worker] = told.ground.crew.of("worker")
    told.ground.crew.kill(worker)
    told.ground.query(SILENT)
    told.ground.query(DUE, told.ground.clock.now())
    told.ground.move_to(told.ground.clock.now() + timedelta(minutes=11))
    told.becomes("no worker", "Look at: due now and queue", worker="silent", work="late")
    told.ground.crew.replace(worker)
    told.mended("no worker")


def _database(told: Told) -> None:
    """Stopped again and again."""
    until = time.monotonic() + TOLD_WITHIN_S
    while time.monotonic() < until:
        quit_postgres(told.ground.home)
        if told.away():
            break
    else:
        told.silent.append("no database")
    told.ground.query("SELECT 1")  # waits until it is back
    told.mended("no database")


def _quota(told: Told) -> None:
    """Strava lets nobody call until the quarter hour is over."""
    told.ground.standin.limits(read_limit=(0, 900_000))
    told.ground.query(DUE, told.ground.clock.now())
    told.becomes("quota used up", "Look at: strava quota", strava="used_up")
    told.ground.standin.limits(read_limit=(900_000, 900_000))
    told.ground.move_to(told.ground.clock.now() + timedelta(minutes=16))
    told.mended("quota used up")


def _application(told: Told) -> None:
    """Strava has switched the operator's application off; we ask again once an hour."""
    told.ground.standin.fault(path="/api/v3", chance=1, status=403, body=INACTIVE)
    told.ground.query(DUE, told.ground.clock.now())
    told.becomes("application off", "Look at: strava quota", strava="off")
    told.ground.standin.clear_faults()
    told.ground.move_to(told.ground.clock.now() + timedelta(minutes=61))
    told.mended("application off")


def _mail(told: Told) -> None:
    """The mail server puts everything off for more than half an hour."""
    told.ground.post.mood = lambda phase: "451 4.3.0 later" if phase == "RCPT" else None
    told.passage.write_extra()
    told.ground.move_to(told.ground.clock.now() + timedelta(minutes=31))
    told.becomes("no mail server", "Look at: mails", mail="late")
    told.ground.post.mood = None
    told.ground.move_to(told.ground.clock.now() + timedelta(hours=3))
    told.mended("no mail server")


def _subscription(told: Told) -> None:
    """Strava has dropped it: the daily look finds out. Who does without events has no trouble."""
    ground = told.ground
    with ground.store.transaction() as tx:
        tx.subscription.made(SUBSCRIPTION, ground.clock.now() - timedelta(hours=25))
    told.becomes("no subscription", "Everything runs", subscription="none")


PARTS: tuple[Callable[[Told], None], ...] = (
    _clock, _worker, _database, _quota, _application, _mail, _subscription,
)  # fmt: skip

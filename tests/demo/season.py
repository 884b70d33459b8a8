"""A season of freshlegs in simulated time: athletes connect, nights pass, mails arrive.

The service is the real one: its pages, its queue and worker, its clock's ticks, its database and its
mail spool. Only two things are not: Strava (the stand-in, over HTTP) and the time.
"""

import email
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default as default_policy
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import sqlalchemy

from service.app import App, open_app
from service.jobs.clock import Clock
from service.roles import Running, run_web, run_worker
from service.settings import Settings
from tests.demo.browser import Browser
from tests.demo.simulated import SimulatedClock
from tests.strava_standin.control import Standin

STEP = timedelta(hours=2)
"""Zones whose 04:30 lies this near together are looked at in one go."""
LOOK_EVERY_S = 0.01
IDLE_WITHIN_S = 60.0
ANSWERING_DAYS = frozenset({0, 2, 4})
"""Monday, Wednesday and Friday: a check-in is asked for at most three times a week."""


@dataclass(frozen=True, slots=True)
class Person:
    """One athlete of the stand-in with a browser and a mail address."""

    strava_id: int
    kind: str
    deserves: str
    zone: str
    browser: Browser

    @property
    def address(self) -> str:
        return f"athlete{self.strava_id}@example.org"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a season came to for one athlete. ``silences`` counts the nights without a warning by why,
    ``causes`` the warnings by what they were about."""

    person: Person
    activities: int
    nights: int
    calls: int
    warnings: int
    silences: Counter[str]
    causes: Counter[str]


class Season:
    """Drives one application through simulated time."""

    def __init__(self, app: App, clock: SimulatedClock, standin: Standin) -> None:
        self.app, self.clock, self.standin = app, clock, standin
        self.people: list[Person] = []
        self._browsers: list[Browser] = []
        self._ticks = Clock(app)

    def connect(self, athlete: dict[str, Any]) -> Person:
        """Through the real pages: consent, Strava, address, the confirmation mail and its link."""
        person = Person(
            athlete["id"], athlete["kind"], athlete["deserves"], athlete["zone"], browser := self.browser()
        )
        self._sign_in(person)
        browser.submit("/address", address=person.address)
        self.settle()
        browser.open(self.confirmation_link(person.address))
        browser.submit("/address/confirm")
        self.people.append(person)
        return person

    def browser(self) -> Browser:
        """Another browser, closed when the season ends."""
        self._browsers.append(Browser())
        return self._browsers[-1]

    def close(self) -> None:
        for browser in self._browsers:
            browser.close()

    def settle(self) -> None:
        """Let everything that is due now be done."""
        for name in ("due_syncs", "due_nights", "due_mails"):
            if not self._ticks.tick(name):
                raise RuntimeError(f"the tick {name} failed")
            self._wait_until_idle()

    def pass_nights(self, until: datetime, progress: Callable[[datetime], None]) -> None:
        """Go from due instant to due instant until ``until``."""
        while (due := self._next_due()) is not None and due + STEP < until:
            before = self.clock.now()
            now = self.clock.move_to(due + STEP)
            self.standin.set_now(now)
            self.settle()
            if now.date() != before.date():
                self._answer(now)
            progress(now)

    def outcomes(self) -> Iterator[Outcome]:
        """One row an athlete, from the database and the stand-in's ledger."""
        calls = self.standin.totals()["counted_by_athlete"]
        for person in self.people:
            with self.app.store.transaction() as tx:
                athlete = tx.athletes.by_strava_id(person.strava_id)
                assert athlete is not None
                nights = tx.nights.of(athlete.id, 10_000)
                activities = len(tx.activities.of(athlete.id, datetime(2000, 1, 1, tzinfo=UTC)))
            silences = Counter(
                night.decision.silent_because.value for night in nights if night.decision.silent_because
            )
            warned = [night.assessment.leading for night in nights if night.decision.mail]
            causes = Counter(leading.cause.value for leading in warned if leading is not None)
            read = calls.get(str(person.strava_id), 0)
            yield Outcome(person, activities, len(nights), read, len(warned), silences, causes)

    def mails(self) -> list[EmailMessage]:
        """Every mail in the spool, oldest first."""
        found = [
            email.message_from_bytes(path.read_bytes(), policy=default_policy)
            for path in sorted((self.app.settings.data_dir / "mail" / "new").iterdir())
        ]
        return sorted(found, key=lambda mail: mail["Date"].datetime)  # type: ignore[arg-type, return-value]

    def confirmation_link(self, address: str) -> str:
        """The address in the newest mail to ``address``."""
        mail = next(mail for mail in reversed(self.mails()) if address in mail["To"])
        body = mail.get_body(("plain",))
        assert body is not None
        return next(word for word in body.get_content().split() if "/address/confirm" in word)

    def _sign_in(self, person: Person) -> None:
        """The way to Strava and back; whoever was here before signs in by it."""
        person.browser.open(f"{self.app.settings.base_url}/")
        person.browser.submit("/connect", tick="consent")
        person.browser.submit("/oauth/authorize", button="Approve", athlete=str(person.strava_id))

    def _check_in_page(self, person: Person) -> None:
        """The page of the questions; a session ends after a season, so some have to sign in again."""
        address = f"{self.app.settings.base_url}/checkin"
        try:
            person.browser.open(address)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.UNAUTHORIZED:
                raise
            self._sign_in(person)
            person.browser.open(address)

    def _answer(self, now: datetime) -> None:
        """Each morning's check-in of those who answer, on the page they were given."""
        for person in self.people:
            day = now.astimezone(ZoneInfo(person.zone)).date()
            if day.weekday() not in ANSWERING_DAYS:
                continue
            answers = self.standin.checkin(person.strava_id, day)
            if answers is not None:
                given = {
                    item: str(value)
                    for item, value in answers.items()
                    if item != "date" and value is not None
                }
                self._check_in_page(person)
                person.browser.submit("/checkin", **given)

    def _next_due(self) -> datetime | None:
        """The next instant at which a row will want to be looked at."""
        due = sqlalchemy.text("""
            SELECT min(at)
            FROM athlete, LATERAL (VALUES (sync_due_at), (next_night_at), (night_retry_at)) AS due (at)
            WHERE state = 'connected' AND at > :now
        """)
        with self.app.store.transaction() as tx:
            found: datetime | None = tx.connection.execute(due, {"now": self.clock.now()}).scalar_one()
        return found

    def _wait_until_idle(self) -> None:
        """Until the queue holds nothing to do. Raises ``TimeoutError``."""
        waiting = sqlalchemy.text("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        deadline = time.monotonic() + IDLE_WITHIN_S
        while time.monotonic() < deadline:
            with self.app.store.transaction() as tx:
                if tx.connection.execute(waiting).scalar_one() == 0:
                    return
            time.sleep(LOOK_EVERY_S)
        raise TimeoutError("jobs were still waiting after a minute")


@contextmanager
def open_season(
    folder: Path, start: datetime, athletes: Sequence[str] | None = None, **settings: Any
) -> Iterator[Season]:
    """Stand-in, database, pages and worker, for as long as the context lasts."""
    with ExitStack() as stack:
        standin = stack.enter_context(Standin.start(now=start, athletes=athletes))
        port = free_port()
        chosen = Settings(
            _env_file=None,
            **{
                "data_dir": folder,
                "base_url": f"http://127.0.0.1:{port}",
                "web_port": port,
                "strava_app_id": standin.client_id,
                "strava_app_secret": standin.client_secret,
                "strava_api_base": standin.api_base,
                "strava_oauth_base": standin.url,
                "log_level": "error",
                **settings,
            },
        )
        clock = SimulatedClock(start)
        app = stack.enter_context(open_app(chosen, now=clock.now))
        stop = threading.Event()
        stack.enter_context(Running(partial(run_worker, app, stop), "worker", stop))
        stack.enter_context(Running(partial(run_web, app, stop), "web", stop))
        wait_for_pages(chosen.base_url)
        season = Season(app, clock, standin)
        stack.callback(season.close)
        yield season


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for_pages(base_url: str) -> None:
    """Until the pages answer. Raises ``TimeoutError``."""
    browser = Browser()
    deadline = time.monotonic() + IDLE_WITHIN_S
    while time.monotonic() < deadline:
        try:
            browser.open(f"{base_url}/")
        except Exception:
            time.sleep(0.05)
        else:
            browser.close()
            return
    raise TimeoutError(f"no page at {base_url}")

"""The pages over a real store, with a Strava that answers what a test tells it to."""

import json
import re
import warnings
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text
from structlog.testing import capture_logs

from service.domain.athlete import WANTED_SCOPES
from service.domain.grant import Grant, Tokens
from service.domain.history import Sex
from service.domain.message import Message
from service.domain.night import MailKind
from service.store.session import Store
from service.web import consent
from service.web.admin_login import HASHER
from service.web.app import build_web
from service.web.deps import WebDeps
from service.web.session import ADMIN

with warnings.catch_warnings():
    # Starlette would rather have the successor of httpx, which the service itself does not use.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

NOW = datetime(2026, 3, 12, 7, 12, tzinfo=UTC)
STRAVA = "https://strava.example"
CODE = "c0de"
PASSWORD = "correct horse battery"
JOB = """INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status) VALUES
    ('work', :task, 10, CAST(:args AS jsonb), CAST(:state AS procrastinate_job_status)) RETURNING id"""


@dataclass
class Clock:
    """A clock that a test moves."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class FakeStrava:
    """Consent as Strava gives it: ``answers`` maps a code to a grant, or to the error it ends in."""

    answers: dict[str, Grant | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def authorize_url(self, state: str) -> str:
        return f"{STRAVA}/oauth/authorize?state={state}"

    def exchange(self, code: str, scopes: frozenset[str]) -> Grant:
        self.asked.append(code)
        answer = self.answers[code]
        if isinstance(answer, Exception):
            raise answer
        return Grant(answer.tokens, answer.strava_id, scopes, answer.sex)


def grant(strava_id: int = 4711) -> Grant:
    """What Strava hands over for one athlete."""
    tokens = Tokens("canary-access", "canary-refresh", NOW + timedelta(hours=6))
    return Grant(tokens, strava_id, frozenset(WANTED_SCOPES), Sex.FEMALE)


@dataclass
class Site:
    """The application under test and what happened around it."""

    app: FastAPI
    deps: WebDeps
    store: Store
    clock: Clock
    strava: FakeStrava
    woken: list[tuple[str, UUID]]
    erased: list[UUID]
    events: list[MutableMapping[str, Any]]
    portal: BlockingPortal

    def browser(self, address: str = "198.51.100.7") -> "Browser":
        """A browser without cookies."""
        client = TestClient(self.app, follow_redirects=False, client=(address, 50000))
        client.portal = self.portal
        return Browser(client, self)

    def athlete(self, strava_id: int = 4711) -> "Browser":
        """A browser that has just connected."""
        self.strava.answers[CODE] = grant(strava_id)
        browser = self.browser()
        browser.connect()
        return browser

    def admin(self) -> "Browser":
        """A browser with an admin in it; the way through the form has tests of its own."""
        with self.store.transaction() as tx:
            tx.admins.add("ada", PASSWORD_HASH, "operator", NOW)  # unless she is there already
            ada = tx.admins.by_name("ada")
            assert ada is not None
            token = tx.browsers.start(
                "admin", ada.id, self.clock(), idle_s=ADMIN.idle_s, absolute_s=ADMIN.absolute_s
            )
        browser = self.browser()
        browser.client.cookies.set("freshlegs-admin", token, domain="testserver.local", path="/")
        return browser


HASHER.current_hasher = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)
"""Nobody's secret, in a thousandth of the time; what the service takes stays in ``HASHER.hashers``."""
PASSWORD_HASH = HASHER.hash(PASSWORD)


class Browser:
    """A test client that fills in forms as people do: open the page, take its hidden field, send."""

    def __init__(self, client: TestClient, site: Site) -> None:
        self.client, self.site = client, site

    def get(self, path: str):
        return self.client.get(path)

    def post(self, path: str, **form: str | list[str]):
        """A form without looking at any page first."""
        return self.client.post(path, data=form)

    def submit(self, page: str, action: str, **form: str | list[str]):
        """The form of ``page``, sent with its guard."""
        return self.post(action, csrf=form_token(self.get(page).text), **form)

    def start_connecting(self) -> str:
        """Consent and press the button; returns the state that went to Strava."""
        answer = self.submit("/", "/connect", consent=consent.VERSION)
        assert answer.status_code == 303
        return parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]

    def come_back(self, **query: str):
        """Strava's redirect."""
        return self.client.get("/oauth/callback", params=query)

    def connect(self, code: str = CODE, scope: str = ",".join(WANTED_SCOPES)):
        """The whole way; asserts nothing about its end."""
        return self.come_back(state=self.start_connecting(), code=code, scope=scope)

    @property
    def athlete_id(self) -> UUID:
        """Whose session the cookie opens."""
        token = self.client.cookies["freshlegs"]
        with self.site.store.transaction() as tx:
            session = tx.browsers.get(token, self.site.clock())
        assert session is not None
        assert session.subject is not None
        return session.subject


def form_token(html: str) -> str:
    """The hidden field of the first form."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', html)
    assert found is not None, "no guarded form on this page"
    return found[1]


def confirm_address(*, confirm_url: str, day: date) -> Message:
    """Stands for the composer of mails, which belongs to another stage."""
    return Message(
        MailKind.CONFIRM_ADDRESS, day, "Is this you?", f"Open {confirm_url}", f"<a>{confirm_url}</a>"
    )


@pytest.fixture
def jobs(store: Store) -> Callable[..., int]:
    """Puts a job of ``state`` that looks at ``subject`` into the queue and returns its id."""

    def put(state: str = "todo", task: str = "sync", subject: str = "nobody") -> int:
        values = {"task": task, "args": json.dumps({"subjects": [subject]}), "state": state}
        with store.transaction() as tx:
            return tx.connection.execute(text(JOB), values).scalar_one()

    return put


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """One event loop for all browsers: a test client without one starts a thread and a loop a request."""
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture
def build(store: Store, portal: BlockingPortal) -> Iterator[Callable[..., Site]]:
    """Builds a site; keyword arguments change its ``WebDeps``. What it logs is kept, not printed."""
    with capture_logs() as events:
        yield partial(site_on, events, portal, store=store)


def site_on(
    events: list[MutableMapping[str, Any]], portal: BlockingPortal, *, store: Store, **changes: Any
) -> Site:
    clock, strava = Clock(), FakeStrava()
    woken: list[tuple[str, UUID]] = []
    erased: list[UUID] = []

    def erase(athlete: UUID) -> None:
        erased.append(athlete)
        with store.transaction() as tx:
            tx.athletes.forget(athlete, clock())

    given = WebDeps(
        store=store,
        now=clock,
        oauth=strava,
        base_url="http://testserver",
        wake=lambda job, row: woken.append((job, row)),
        erase=erase,
        compose_confirm_address=confirm_address,
        secret=b"a secret of thirty-two bytes or so",
        operator_name="Fellside Runners",
        operator_contact="hello@fellside.example",
        secure_cookies=False,
        oauth_base_url=STRAVA,
    )
    deps = replace(given, **changes)
    return Site(build_web(deps), deps, store, clock, strava, woken, erased, events, portal)


@pytest.fixture
def site(build: Callable[..., Site]) -> Site:
    """The usual site."""
    return build()

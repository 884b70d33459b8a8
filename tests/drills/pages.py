"""Every endpoint asked with whatever its schema allows, as a stranger and as somebody signed in."""

import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings

from service.app import open_app
from service.pages import build_pages
from service.settings import Settings
from service.web.admin_login import HASHER
from service.web.session import Realm, Visit
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

PATIENCE_S = 2.0
ASKED_AGAIN = 3
"""What takes longer than that only because others use the machine does not do so every time."""
READY_WITHIN_S = 120.0
MONTH_S = 30 * 86_400
KINDS = ("session_spike", "steady")


@dataclass
class Site:
    """The running pages, who may sign in there, and what was answered."""

    ground: Ground
    session: requests.Session = field(default_factory=requests.Session)
    answers: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)

    def ask(self, case: Any, *, signed_in: bool) -> None:
        """One request, again if it was slow. Nothing is raised, so that one defect does not hide the next."""
        for _ in range(1 + ASKED_AGAIN):
            told, seconds = self._ask_once(case, signed_in=signed_in)
            if seconds <= PATIENCE_S:
                return
        self.slow.append(told)

    def _ask_once(self, case: Any, *, signed_in: bool) -> tuple[str, float]:
        with self.ground.store.transaction() as tx:
            tx.connection.exec_driver_sql("DELETE FROM throttle")
        cookies = self._sign_in(case) if signed_in else {}
        began = time.monotonic()
        answer = case.call(
            base_url=self.ground.web,
            session=self.session,
            cookies=cookies,
            allow_redirects=False,
            timeout=READY_WITHIN_S,
        )
        seconds = time.monotonic() - began
        self.session.cookies.clear()
        self.answers[answer.status_code // 100] += 1
        told = f"{case.method} {case.formatted_path} {answer.status_code} {seconds:.1f} s"
        if answer.status_code >= 500:
            self.broken.append(told)
        return told, seconds

    def _sign_in(self, case: Any) -> dict[str, str]:
        """Cookies of a fresh athlete's and a fresh admin's session, and the form's own token."""
        ground, now = self.ground, self.ground.clock.now()
        strava_id = ground.standin.athletes()[0]["id"]
        with ground.store.transaction() as tx:
            athlete = tx.athletes.by_strava_id(strava_id)
        if athlete is None:  # a case has disconnected and erased it
            ground.connect(strava_id)
        with ground.store.transaction() as tx:
            athlete = tx.athletes.by_strava_id(strava_id)
            admin = tx.admins.by_name("ada")
            assert athlete is not None
            assert admin is not None
            ours = tx.browsers.start("athlete", athlete.id, now, MONTH_S, MONTH_S)
            theirs = tx.browsers.start("admin", admin.id, now, MONTH_S, MONTH_S)
        if isinstance(case.body, dict):
            realm, token = (Realm.ADMIN, theirs) if case.path.startswith("/admin") else (Realm.ATHLETE, ours)
            secret = ground.keyring.blind_index("web forms and throttles")
            case.body["csrf"] = Visit(realm, token, known=True, session=None).form_token(secret)
        return {"freshlegs": ours, "freshlegs-admin": theirs}


def drill(size: Size) -> list[Figure]:
    """50 requests an endpoint, twice."""
    examples = size.of(50, 300)
    with open_ground(size.seed, kinds=KINDS) as ground:
        _furnish(ground)
        site = Site(ground)
        endpoints = 0
        for operation in _schema(ground).get_all_operations():
            endpoints += 1
            for signed_in in (False, True):
                _ask_often(site, operation.ok(), examples, size.seed, signed_in=signed_in)
        for told in [*site.broken, *site.slow]:
            print(f"pages: {told}")
        return [
            Figure("endpoints", endpoints, least=1),
            Figure("requests", site.answers.total(), least=endpoints * 2),
            *(Figure(f"answers_{hundreds}xx", site.answers[hundreds]) for hundreds in (2, 3, 4)),
            none("answers_5xx", len(site.broken)),
            none("slower_than_2_s", len(site.slow)),
        ]


def _furnish(ground: Ground) -> None:
    """Athletes with verdicts and mails, an admin, and the pages; nobody works while they are asked."""
    workers = [ground.crew.start("worker"), ground.crew.start("clock")]
    passage = Passage(ground)
    passage.begin()
    passage.step()
    ground.crew.stop(*workers)
    with ground.store.transaction() as tx:
        tx.admins.add("ada", HASHER.hash("correct horse battery"), "operator", ground.clock.now())
    ground.crew.start("web")
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            requests.get(f"{ground.web}/healthz", timeout=5).raise_for_status()
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _schema(ground: Ground) -> Any:
    """What the pages say of themselves; no page serves it."""
    environment = {name.lower(): value for name, value in ground.crew.environment.items()}
    chosen = Settings(_env_file=None, **environment)
    with open_app(chosen, migrating=False) as app:
        return schemathesis.openapi.from_dict(build_pages(app).openapi())


def _ask_often(site: Site, operation: Any, examples: int, number: int, *, signed_in: bool) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        site.ask(case, signed_in=signed_in)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ask()

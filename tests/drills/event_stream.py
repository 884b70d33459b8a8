"""Strava as a drill plays it: an event after the other to a real page, and what each was answered."""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta

import httpx

from service.jobs.intake import path_secret
from tests.drills.ground import Ground
from tests.posts import SUBSCRIPTION, event

ANSWERS_WITHIN_S = 15.0
FIRST_SESSION = 3 * 10**9
"""No session has such a number: whoever looks finds nothing."""
ONE_EACH = httpx.Limits(max_keepalive_connections=0)


@dataclass(frozen=True, slots=True)
class Posted:
    """One event. ``status`` is that of HTTP, or 0 for none; times are monotonic."""

    session: int
    began: float
    ended: float
    status: int


class Events(threading.Thread):
    """Five events a second, none of them twice, until ``stop``."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(daemon=True)
        with ground.store.transaction() as tx:
            # Strava knows of no subscription: nobody is to look.
            tx.subscription.made(SUBSCRIPTION, ground.clock.now() + timedelta(days=3650))
        self._url = f"{ground.web}/webhook/{path_secret('', ground.keyring)}"
        self._athletes = [athlete["id"] for athlete in ground.standin.athletes()]
        self.posted: list[Posted] = []
        self.kept = set[int]()
        self._ground = ground
        self._leaving = threading.Event()

    def run(self) -> None:
        with httpx.Client(timeout=ANSWERS_WITHIN_S, trust_env=False, limits=ONE_EACH) as client:
            while not self._leaving.wait(0.2):
                self._post(client, FIRST_SESSION + len(self.posted))

    def _post(self, client: httpx.Client, session: int) -> None:
        owner = self._athletes[session % len(self._athletes)]
        told = event(session, owner=owner, at=1_772_000_000 + len(self.posted))
        began = time.monotonic()
        try:
            status = client.post(self._url, json=told).status_code
        except httpx.HTTPError:
            status = 0
        self.posted.append(Posted(session, began, time.monotonic(), status))

    def look(self) -> None:
        """Take down what the inbox keeps: it is emptied after a week, and time flies."""
        self.kept |= {int(row[0]) for row in self._ground.query("SELECT object_id FROM inbox")}

    def stop(self) -> None:
        """No more events. They tell nothing of real sessions: those are to be found in the lists."""
        self._leaving.set()
        self.join()
        self.look()
        self._ground.query("UPDATE athlete SET listed_at = NULL")

    @property
    def acknowledged(self) -> set[int]:
        return {each.session for each in self.posted if each.status == 200}

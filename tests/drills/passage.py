"""Nights that pass while somebody meddles: time goes on when what is due is done, or is not done in time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from service.notify import message
from service.strava.quota import DAY
from tests.drills.ground import Ground

STEP = timedelta(minutes=20)
"""Zones whose 04:30 lies this near together are looked at in one go."""
LEAST_MAILS = 100
EXTRA = (40, 41, 42)
"""The numbers of the mails put in besides: no other mail of that kind and night has them."""
SENDING_ENDS_AFTER_S = 2
MOST_CRASHES = 3
"""A mail so often taken for abandoned is given its two minutes: after five it would be parked."""
SWEPT_WITHIN_S = 120
PENDING = """SELECT
  (SELECT count(*) FROM athlete WHERE state = 'connected' AND (
      (sync_due_at <= %s AND sync_parked_at IS NULL)
      OR (next_night_at <= %s AND (night_retry_at IS NULL OR night_retry_at <= %s)))),
  (SELECT count(*) FROM mail
   WHERE (state IN ('queued', 'deferred') AND due_at <= %s) OR state = 'sending')"""
NEXT = """SELECT min(at) FROM (
  SELECT at FROM athlete, LATERAL (VALUES (sync_due_at), (next_night_at), (night_retry_at)) AS due (at)
  WHERE state = 'connected'
  UNION ALL SELECT due_at FROM mail WHERE state = 'deferred') AS every WHERE at > %s"""


@dataclass
class Lost:
    """A rotation whose new pair never reached our database. ``excused``: the crash is in Strava's ledger."""

    athlete: int
    excused: bool


def nothing() -> None:
    """Nobody meddles."""


class Passage:
    """Drives one ground through the nights."""

    def __init__(self, ground: Ground, meddle: Callable[[], None] = nothing) -> None:
        self.ground = ground
        self.meddle = meddle
        self.lost: list[Lost] = []
        self.overdue = 0
        self._known: list[int] = []
        self._mailed: set[tuple[UUID, date]] = set()

    def begin(self) -> None:
        """Everybody connects, and what follows from that is done."""
        self.connect()
        self.settle()

    def connect(self) -> None:
        """Everybody who is at Strava comes to us."""
        self._known = [athlete["id"] for athlete in self.ground.standin.athletes()]
        for strava_id in self._known:
            self.ground.connect(strava_id)

    def step(self, limit_s: float = 60.0) -> None:
        """On to the next due instant, with a mail for everybody whose night it is."""
        now = self.ground.clock.now()
        [(due,)] = self.ground.query(NEXT, now)
        self.ground.move_to((due or now + DAY) + STEP)
        self.write_extra()
        self.overdue += not self.settle(limit_s)

    def settle(self, limit_s: float = 300.0) -> bool:
        """Wait until nothing is due any more; whether that came within ``limit_s`` seconds."""
        deadline = time.monotonic() + limit_s
        while sum(self.pending()):
            self.meddle()
            self._pass_two_minutes()
            self._reconnect()
            if time.monotonic() > deadline:
                return False
            time.sleep(0.03)
        self._reconnect()
        return True

    def finish(self) -> None:
        """Nobody meddles any more: read every list once more, send what waits, settle what is doubtful."""
        self.meddle = nothing
        self.settle()
        now = self.ground.clock.now()
        self.ground.query("UPDATE athlete SET sync_due_at = %s WHERE state = 'connected'", now)
        self.settle()
        # The hour after which nobody expects an answer of the mail server passes by the database's clock.
        self.ground.query("UPDATE mail SET handed_at = handed_at - interval '61 min' WHERE state = 'handed'")
        deadline = time.monotonic() + SWEPT_WITHIN_S
        while self.ground.query("SELECT 1 FROM mail WHERE state = 'handed'") and time.monotonic() < deadline:
            time.sleep(0.1)

    def pending(self) -> tuple[int, int]:
        """Athletes with something due, and mails."""
        now = self.ground.clock.now()
        [(athletes, mails)] = self.ground.query(PENDING, now, now, now, now)
        return athletes, mails

    @property
    def mails_enough(self) -> bool:
        """Whether so many were decided that a double would show."""
        [(mails,)] = self.ground.query("SELECT count(*) FROM mail")
        return int(mails) >= LEAST_MAILS

    def _pass_two_minutes(self) -> None:
        """A worker that has been sending for three seconds is as dead as one of two minutes: here it was."""
        self.ground.query(
            "UPDATE mail SET lease_until = clock_timestamp() WHERE state = 'sending' "
            f"AND crashes < {MOST_CRASHES} "
            f"AND lease_until < clock_timestamp() + interval '{120 - SENDING_ENDS_AFTER_S} s'"
        )

    def _reconnect(self) -> None:
        """Who has lost the connection comes back the same night; whether a crash was to blame is noted."""
        gone = self.ground.query(
            "SELECT strava_id FROM athlete WHERE state = 'needs_reconnect' AND strava_id = ANY(%s)",
            self._known,
        )
        for (strava_id,) in gone:
            calls = self.ground.standin.ledger(athlete=strava_id)
            # Once a new pair is committed it is used: a rotation with a call after it was not lost.
            newest = calls[-1] if calls else {}
            excused = newest.get("path") == "/oauth/token" and newest.get("status") == 200
            self.lost.append(Lost(strava_id, excused))
            self.ground.connect(strava_id)

    def write_extra(self) -> None:
        """One more mail for each night that is due now: the outbox is to be full when trouble comes."""
        now = self.ground.clock.now()
        links = message.Links(
            status_url=self.ground.web, checkin_url=self.ground.web, unsubscribe_url=self.ground.web
        )
        with self.ground.store.transaction() as tx:
            for athlete in tx.athletes.all():
                slot = (athlete.id, athlete.next_night)
                if slot in self._mailed:
                    continue
                self._mailed.add(slot)
                night = athlete.next_night
                mail = message.reconnect(self.ground.web, night=night, links=links)
                for number in EXTRA:
                    message_id = f"<extra-{uuid4().hex}@example.org>"
                    tx.mailbox.put(athlete.id, mail.kind, night, mail, message_id, now, number)

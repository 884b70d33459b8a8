"""The clock: a few interval ticks in UTC that find due rows and ask the queue to look at them.

A tick only reads and defers; any number of clocks may run. It cannot raise, it leaves a heartbeat, and a
process whose clock has fallen silent ends itself so that its supervisor starts it again:
``scheduler.running`` stays true when APScheduler's thread is dead (reliability notes, 2.3).
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from service.app import App
from service.faults import point
from service.jobs.ping import ping
from service.logs import log

Tick = Callable[[App], None]

SYNCS_A_TICK = 500
NIGHTS_A_TICK = 2000
NIGHTS_A_JOB = 200
MAILS_A_TICK = 500
GRACE = timedelta(hours=3)
"""How long a night waits for a fresh list from Strava before it is judged with what there is."""
SILENT_PERIODS = 3
SET_BACK_S = 1.0
"""A wall clock that goes back by more than this was set; a smaller step delays a tick by as much."""
UPLOADS_A_TICK = 20
HEARERS_A_TICK = 500
BACKFILLS_A_TICK = 4
"""The quota is what limits them: more at once would only be refused together."""
SUBSCRIPTION_CHECKED_EVERY = timedelta(hours=24)
INBOX_KEPT = timedelta(days=7)
MAIL_TEXT_KEPT = timedelta(days=30)
UPLOAD_RESULT_KEPT = timedelta(days=30)
QUARANTINE_KEPT = timedelta(days=30)
RECEIPT_KEPT = timedelta(days=1)
"""Of an erasure: long enough for an admin to see that it went out."""


def due_syncs(app: App) -> None:
    """Athletes whose list should be read again."""
    with app.store.transaction() as tx:
        athletes = tx.athletes.claim_due_syncs(app.now(), SYNCS_A_TICK, app.settings.lease_s)
    point("syncs_claimed")
    app.queue.defer_each("sync", athletes)


def due_backfills(app: App) -> None:
    """Athletes of whom more of the past may be read, as far as the quota had no call for it before."""
    now = app.now()
    again_at = now + timedelta(seconds=app.settings.lease_s)
    with app.store.transaction() as tx:
        athletes = tx.lists.claim_backfills(now, BACKFILLS_A_TICK, again_at)
    app.queue.defer_each("deepen", athletes)


def due_nights(app: App) -> None:
    """Athletes whose night has come and whose list is fresh, or who have waited long enough for it."""
    with app.store.transaction() as tx:
        parked = tx.parking.park_nights(app.now())
        athletes = tx.athletes.claim_due_nights(
            app.now(), NIGHTS_A_TICK, int(GRACE.total_seconds()), app.settings.lease_s
        )
        alone = set(tx.parking.tried_before(athletes))
    point("nights_claimed")
    for athlete in parked:
        log().error("night_parked", athlete=athlete)
    together = [athlete for athlete in athletes if athlete not in alone]
    for start in range(0, len(together), NIGHTS_A_JOB):
        app.queue.defer("judge", *together[start : start + NIGHTS_A_JOB])
    # A night that may take its worker down holds nobody else's up.
    app.queue.defer_each("judge", [athlete for athlete in athletes if athlete in alone])


def due_mails(app: App) -> None:
    """Mails that wait, and those that a crash left half way."""
    with app.store.transaction() as tx:
        tx.mailbox.sweep(app.now())
        parked = tx.parking.recover_mails(app.now())
        mails = tx.mailbox.claim_due(app.now(), MAILS_A_TICK, app.settings.lease_s)
    point("mails_claimed")
    for mail in parked:
        log().error("mail_parked", mail=mail)
    app.queue.defer_each("deliver", mails)


def due_erasures(app: App) -> None:
    """Athletes who disconnected and are still here."""
    with app.store.transaction() as tx:
        athletes = tx.athletes.disconnected()
    app.queue.defer_each("erase", athletes)


def due_uploads(app: App) -> None:
    """Archives that nobody is reading: just uploaded, or left by a worker that died."""
    with app.store.transaction() as tx:
        uploads = tx.uploads.due(UPLOADS_A_TICK)
    for upload in uploads:
        app.queue.defer("archive", upload)


def due_events(app: App) -> None:
    """Athletes of whom Strava has said something; once a day, whether it still would."""
    now = app.now()
    with app.store.transaction() as tx:
        athletes = tx.inbox.claim_due(now, HEARERS_A_TICK, app.settings.lease_s)
        checked_at = tx.subscription.checked_at()
        unchecked = checked_at is not None and checked_at <= now - SUBSCRIPTION_CHECKED_EVERY
        if unchecked:
            tx.subscription.checked(now)
    app.queue.defer_each("hear", athletes)
    if unchecked:
        app.queue.defer("subscription")


def rescue(app: App) -> None:
    """Free jobs whose worker died. What they worked on is due again by its own row, so they only end."""
    with app.store.transaction() as tx:
        freed = tx.jobs.free_stalled()
    if freed:
        log().warning("jobs_rescued", count=freed)


def purge(app: App) -> None:
    """Delete what is older than it may be: Strava's rows first, then everything that only served its day."""
    now = app.now()
    with app.store.transaction(statement_timeout_ms=60_000) as tx:
        removed = 0
        if app.settings.strava_retention_days:
            limit = timedelta(days=app.settings.strava_retention_days)
            removed = tx.activities.delete_older_than(now - limit)
            tx.nights.empty_evidence(now - limit)
            tx.diaries.purge(now - limit)
        tx.mailbox.purge(now - MAIL_TEXT_KEPT)
        tx.mailbox.drop_receipts(now - RECEIPT_KEPT)
        tx.uploads.purge(now - UPLOAD_RESULT_KEPT)
        tx.quarantine.purge(now - QUARANTINE_KEPT)
        tx.inbox.purge(now - INBOX_KEPT)
        tx.browsers.purge(now)
        tx.admins.purge(now)
        tx.logbook.purge(now)
        tx.jobs.purge()
    if removed:
        log().info("activities_expired", removed=removed)


TICKS: Mapping[str, tuple[Tick, float]] = {
    "due_events": (due_events, 1),
    "due_syncs": (due_syncs, 1),
    "due_backfills": (due_backfills, 1),
    "due_nights": (due_nights, 1),
    "due_mails": (due_mails, 1),
    "due_erasures": (due_erasures, 1),
    "due_uploads": (due_uploads, 3),
    "rescue": (rescue, 3),
    "purge": (purge, 180),
    "ping": (ping, 3),
}
"""Each tick with its period, in units of the setting ``CLOCK_PERIOD_S``."""


class Clock:
    """Runs the ticks. ``start`` and ``stop`` once each."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._beats = dict.fromkeys(TICKS, time.monotonic())
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(TICKS))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._stopping = threading.Event()

    def start(self) -> None:
        period = self._app.settings.clock_period_s
        for name, (_, periods) in TICKS.items():
            self._scheduler.add_job(self.tick, "interval", seconds=period * periods, args=[name], id=name)
        self._scheduler.start()
        threading.Thread(target=self._watch, name="clock-watch", daemon=True).start()
        for name in TICKS:
            self.tick(name)

    def stop(self) -> None:
        self._stopping.set()
        self._scheduler.shutdown(wait=True)

    def tick(self, name: str) -> bool:
        """Run one tick now; returns whether it went well."""
        try:
            TICKS[name][0](self._app)
            with self._app.store.transaction() as tx:
                tx.heartbeats.beat(f"clock:{name}", self._app.now())
        except Exception as error:
            log().error("tick_failed", tick=name, exc_info=error)
            ok = False
        else:
            ok = True
        self._beats[name] = time.monotonic()  # a tick that failed is alive; the database may be down
        return ok

    def _watch(self) -> None:
        period = self._app.settings.clock_period_s
        ahead = _ahead_s()
        while not self._stopping.wait(period):
            ahead = self._follow(ahead)
            for name, (_, periods) in TICKS.items():
                if time.monotonic() - self._beats[name] > period * periods * SILENT_PERIODS + 30:
                    log().error("clock_silent", tick=name)
                    os._exit(70)  # nothing in this process can be trusted to stop it in order

    def _follow(self, before: float) -> float:
        """APScheduler plans by the wall clock: set back by an hour, it would be silent for an hour."""
        ahead = _ahead_s()
        if ahead < before - SET_BACK_S:
            log().warning("clock_set_back")
            for name in TICKS:
                self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))
        return ahead


def _ahead_s() -> float:
    """By how much the wall clock is ahead of one that nobody sets."""
    return time.time() - time.monotonic()

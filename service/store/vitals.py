"""The service's signs of life, read in one go: for admins, for machines and for the dead-man's ping.

Ages of what the queue writes are taken by the database's clock, everything else by ``now``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, func, select, text

from service.domain.athlete import AthleteState
from service.store.guards import Guard, Guards, Switch
from service.store.heartbeats import Heartbeat, Heartbeats
from service.store.inbox import Inbox
from service.store.jobs import Jobs
from service.store.outgoing import MailState
from service.store.quota import CLOSED, OFF, Quota, QuotaWindow
from service.store.subscription import SubscriptionBook
from service.store.tables import AthleteRow, MailRow, NightRow, QuarantineRow

CLOCK = "clock:"
BACKUP = "backup"
SILENT_AFTER = timedelta(minutes=3)
"""Three periods of the slowest of the frequent ticks at the usual setting; so long the dead man's ping may
go on after a tick has died."""
RARE = {"clock:purge": timedelta(hours=6)}
"""All other ticks come every few seconds."""
BACKUP_WITHIN = timedelta(days=2)
SURPRISES_FOR = timedelta(days=7)
OVERDUE_AFTER = timedelta(minutes=10)
UNSENT_AFTER = timedelta(minutes=30)
"""A mail server that says "later" once is usual; for so long it is down."""
WORKER_SILENT_AFTER_S = 60.0
WORKERS = text("SELECT extract(epoch FROM now() - last_heartbeat)::float AS age FROM procrastinate_workers")
OLDEST_JOB = text("""
    SELECT extract(epoch FROM now() - min(event.at))::float
    FROM procrastinate_jobs AS job
    JOIN procrastinate_events AS event ON event.job_id = job.id AND event.type = 'deferred'
    WHERE job.status = 'todo'
""")
BACKFILLS = (
    select(func.count())
    .select_from(AthleteRow)
    .where(AthleteRow.backfill_at.is_not(None), AthleteRow.state == AthleteState.CONNECTED)
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work that is due: how much, and since when the oldest."""

    count: int
    oldest: datetime | None

    def late(self, now: datetime, after: timedelta = OVERDUE_AFTER) -> bool:
        return bool(self.count) and self.oldest is not None and now - self.oldest > after


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was seen at ``now``. ``workers`` holds seconds since each worker's last beat, ``backfills`` is of
    how many athletes there is more of the past to read."""

    now: datetime
    beats: Sequence[Heartbeat]
    workers: Sequence[float]
    jobs: Mapping[str, int]
    oldest_job_s: float | None
    syncs: Waiting
    nights: Waiting
    events: Waiting
    unsent: Waiting
    parked_syncs: int
    parked_nights: int
    quarantined: int
    athletes: Mapping[str, int]
    backfills: int
    judged: Mapping[str, int]
    mails: Mapping[str, int]
    guards: Mapping[Guard, Switch]
    quota: Sequence[QuotaWindow]
    subscription: str
    surprises: Mapping[str, int]
    backup_at: datetime | None

    @property
    def clock(self) -> str:
        """``alive``, ``late`` (a tick has fallen silent) or ``never``."""
        if not self.beats:
            return "never"
        return "late" if any(self.silent(beat) for beat in self.beats) else "alive"

    def silent(self, beat: Heartbeat) -> bool:
        return self.now - beat.beat_at > RARE.get(beat.name, SILENT_AFTER)

    @property
    def worker(self) -> str:
        """``alive``, ``silent`` or ``never``."""
        if not self.workers:
            return "never"
        return "alive" if min(self.workers) <= WORKER_SILENT_AFTER_S else "silent"

    @property
    def work(self) -> str:
        """``ok``, or ``late`` when a sync, a night, an event or a job waits too long."""
        job_late = (self.oldest_job_s or 0.0) > OVERDUE_AFTER.total_seconds()
        rows_late = any(due.late(self.now) for due in (self.syncs, self.nights, self.events))
        return "late" if job_late or rows_late else "ok"

    @property
    def strava(self) -> str:
        """``open``; ``used_up`` when no call may be sent now; ``off`` when Strava refuses the application."""
        if any(window.family == OFF for window in self.quota):
            return "off"
        full = any(w.family == CLOSED or (w.limit and w.used >= w.limit) for w in self.quota)
        return "used_up" if full else "open"

    @property
    def mail(self) -> str:
        """``ok``; ``stopped`` or ``held`` by a guard; ``late`` when a mail that may be sent was not."""
        if self.guards[Guard.MAIL].on:
            return "stopped"
        if self.guards[Guard.WARNINGS].on:
            return "held"
        return "late" if self.unsent.late(self.now, UNSENT_AFTER) else "ok"

    @property
    def backup(self) -> str:
        """``ok``, ``late``, or ``never``: other tools than ``freshlegs backup`` do not tell us."""
        if self.backup_at is None:
            return "never"
        return "late" if self.now - self.backup_at > BACKUP_WITHIN else "ok"


class VitalSigns:
    def __init__(self, connection: Connection, inbox: Inbox, subscription: SubscriptionBook) -> None:
        self._connection = connection
        self._inbox, self._subscription = inbox, subscription

    def read(self, now: datetime) -> Vitals:
        """A handful of counts over indexed columns; nothing about a person."""
        beats = Heartbeats(self._connection).all()
        syncs, nights, parked_syncs, parked_nights = self._due(now)
        return Vitals(
            now=now,
            beats=[beat for beat in beats if beat.name.startswith(CLOCK)],
            workers=[row.age for row in self._connection.execute(WORKERS)],
            jobs=Jobs(self._connection).counts(),
            oldest_job_s=self._connection.execute(OLDEST_JOB).scalar_one(),
            syncs=syncs,
            nights=nights,
            events=Waiting(*self._inbox.due(now)),
            unsent=self._unsent(),
            parked_syncs=parked_syncs,
            parked_nights=parked_nights,
            quarantined=self._connection.execute(
                select(func.count()).select_from(QuarantineRow)
            ).scalar_one(),
            athletes=self._counts(select(AthleteRow.state, func.count()).group_by(AthleteRow.state)),
            backfills=self._connection.execute(BACKFILLS).scalar_one(),
            judged=self._judged(now - timedelta(hours=24)),
            mails=self._counts(select(MailRow.state, func.count()).group_by(MailRow.state)),
            guards=Guards(self._connection).all(),
            quota=Quota(self._connection).state(now),
            subscription=self._subscription.state(now),
            surprises=self._inbox.surprises((now - SURPRISES_FOR).date()),
            backup_at=max((beat.beat_at for beat in beats if beat.name == BACKUP), default=None),
        )

    def _due(self, now: datetime) -> tuple[Waiting, Waiting, int, int]:
        """Syncs and nights that wait, and how many of each are parked, which wait for a person."""
        trying, judging = AthleteRow.sync_parked_at.is_(None), AthleteRow.night_parked_at.is_(None)
        counted = select(
            func.count().filter(AthleteRow.sync_due_at <= now, trying).label("syncs"),
            func.min(AthleteRow.sync_due_at).filter(trying).label("oldest_sync"),
            func.count().filter(AthleteRow.next_night_at <= now, judging).label("nights"),
            func.min(AthleteRow.next_night_at).filter(judging).label("oldest_night"),
            func.count().filter(~trying).label("parked_syncs"),
            func.count().filter(~judging).label("parked_nights"),
        ).where(AthleteRow.state == AthleteState.CONNECTED)
        row = self._connection.execute(counted).one()
        syncs, nights = Waiting(row.syncs, row.oldest_sync), Waiting(row.nights, row.oldest_night)
        return syncs, nights, row.parked_syncs, row.parked_nights

    def _unsent(self) -> Waiting:
        waiting = select(func.count(), func.min(MailRow.queued_at)).where(
            MailRow.state.in_((MailState.QUEUED, MailState.SENDING, MailState.DEFERRED))
        )
        return Waiting(*self._connection.execute(waiting).one())

    def _judged(self, since: datetime) -> dict[str, int]:
        """Nights by outcome: the kind of mail, or why silent."""
        outcome = func.coalesce(NightRow.mail_kind, NightRow.silent_because)
        query = select(outcome, func.count()).where(NightRow.judged_at > since).group_by(outcome)
        return self._counts(query.order_by(func.count().desc()))

    def _counts(self, query: Select[str, int]) -> dict[str, int]:
        return {str(row[0]): int(row[1]) for row in self._connection.execute(query)}

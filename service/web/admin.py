"""The overview: does the service do its work, and if not, where does it stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select

from service.domain.athlete import AthleteState
from service.store.quota import CLOSED
from service.store.session import Transaction
from service.store.tables import AthleteRow, MailRow, NightRow, QuarantineRow
from service.web import words
from service.web.deps import Deps
from service.web.pages import ANSWERS, page
from service.web.session import AdminId, AdminVisit

TABS = (
    ("/admin", "Overview"),
    ("/admin/athletes", "Athletes"),
    ("/admin/nights", "Nights"),
    ("/admin/mails", "Mails"),
    ("/admin/logbook", "Log book"),
    ("/admin/quarantine", "Quarantine"),
)
SILENT_AFTER = timedelta(minutes=5)
"""Three periods of the slowest tick at the usual setting."""
OVERDUE_AFTER = timedelta(minutes=10)
NEARLY_FULL = 0.85
TROUBLED_MAILS = frozenset({"refused", "in_doubt"})

routes = APIRouter(responses=dict(ANSWERS), prefix="/admin")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; ``tone`` is good, bad or nothing."""

    label: str
    value: str
    tone: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How much of something limited is used."""

    label: str
    used: int
    limit: int

    @property
    def high(self) -> float:
        return self.limit * NEARLY_FULL


@dataclass(frozen=True, slots=True)
class Card:
    """A few figures that belong together; ``empty`` says what it means that there are none."""

    title: str
    rows: Sequence[Row] = ()
    gauges: Sequence[Gauge] = ()
    empty: str = ""


@routes.get("")
def overview(deps: Deps, visit: AdminVisit, _admin: AdminId) -> HTMLResponse:
    """Clock, queue, due work, mails, the last nights, quota."""
    now = deps.now()
    jobs = deps.jobs_by_state()
    with deps.store.transaction() as tx:
        clock = _clock(tx, now)
        due = _due(tx, now)
        cards = (clock, due, _queue(jobs), _nights(tx, now), _mails(tx), _quota(tx, now), _athletes(tx))
    troubled = [card.title.lower() for card in (clock, due) if any(row.tone == "bad" for row in card.rows)]
    headline = f"Look at: {' and '.join(troubled)}" if troubled else "Everything runs"
    return page(
        deps,
        "admin/overview.html",
        visit,
        tabs=TABS,
        here="/admin",
        headline=headline,
        now=words.stamp(now),
        cards=cards,
    )


def ago(seconds: float) -> str:
    """A time span in its largest fitting unit."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _clock(tx: Transaction, now: datetime) -> Card:
    """A tick that has not come for a while is the first thing to mend: without it nothing is found due."""
    rows = [
        Row(
            words.capital(words.plain(beat.name.removeprefix("clock:"))),
            f"{ago((now - beat.beat_at).total_seconds())} ago",
            "bad" if now - beat.beat_at > _patience(beat.name) else "good",
        )
        for beat in tx.heartbeats.all()
    ]
    return Card("Clock", rows or [Row("Heartbeat", "never", "bad")])


def _patience(name: str) -> timedelta:
    """Purging is rare; all other ticks come every few seconds."""
    return timedelta(hours=6) if name.endswith("purge") else SILENT_AFTER


def _due(tx: Transaction, now: datetime) -> Card:
    connected = AthleteRow.state == AthleteState.CONNECTED
    counted = select(
        func.count().filter(AthleteRow.sync_due_at <= now, AthleteRow.sync_parked_at.is_(None)),
        func.min(AthleteRow.sync_due_at).filter(AthleteRow.sync_parked_at.is_(None)),
        func.count().filter(AthleteRow.next_night_at <= now),
        func.min(AthleteRow.next_night_at),
        func.count().filter(AthleteRow.sync_parked_at.is_not(None)),
    ).where(connected)
    syncs, oldest_sync, nights, oldest_night, parked = tx.connection.execute(counted).one()
    quarantined = tx.connection.execute(select(func.count()).select_from(QuarantineRow)).scalar_one()
    return Card(
        "Due now",
        (
            _late("Syncs", syncs, oldest_sync, now),
            _late("Nights", nights, oldest_night, now),
            Row("Parked syncs", str(parked), "bad" if parked else "", "/admin/athletes"),
            Row("Rows in quarantine", str(quarantined), "", "/admin/quarantine"),
        ),
    )


def _late(label: str, count: int, oldest: datetime | None, now: datetime) -> Row:
    if not count or oldest is None:
        return Row(label, str(count))
    waited = now - oldest
    return Row(
        label, f"{count}, oldest {ago(waited.total_seconds())}", "bad" if waited > OVERDUE_AFTER else ""
    )


def _queue(jobs: Mapping[str, int]) -> Card:
    rows = [
        Row(words.capital(words.plain(state)), str(count), "bad" if state == "failed" and count else "")
        for state, count in sorted(jobs.items())
    ]
    return Card("Queue", rows, empty="No jobs are waiting.")


def _nights(tx: Transaction, now: datetime) -> Card:
    """What became of the nights judged in the last 24 hours."""
    outcome = func.coalesce(NightRow.mail_kind, NightRow.silent_because)
    lately = NightRow.judged_at > now - timedelta(hours=24)
    found = select(outcome, func.count()).where(lately).group_by(outcome).order_by(func.count().desc())
    counts = {str(row[0]): int(row[1]) for row in tx.connection.execute(found)}
    mailed = select(func.count()).where(lately, NightRow.mail_kind.is_not(None))
    warned = tx.connection.execute(mailed).scalar_one()
    total = sum(counts.values())
    rows = [Row("Judged", str(total), "", "/admin/nights"), Row("Warned", str(warned))]
    rows += [
        Row(f"Silent: {words.plain(name)}", str(count), "", f"/admin/nights?silent={name}")
        for name, count in counts.items()
        if name != "warning"
    ]
    return Card("Nights, last 24 hours", rows)


def _mails(tx: Transaction) -> Card:
    counts = tx.connection.execute(
        select(MailRow.state, func.count()).group_by(MailRow.state).order_by(MailRow.state)
    )
    rows = [
        Row(
            words.capital(words.plain(state)),
            str(count),
            "bad" if state in TROUBLED_MAILS else "",
            f"/admin/mails?state={state}",
        )
        for state, count in counts
    ]
    return Card("Mails", rows, empty="No mail has been written yet.")


def _quota(tx: Transaction, now: datetime) -> Card:
    """The windows open now; without a limit Strava has not named one yet, and ours holds."""
    windows = tx.quota.state(now)
    rows = [
        Row(_window_name(window.family), f"until {words.stamp(window.ends_at)}", "bad")
        for window in windows
        if window.family == CLOSED
    ]
    rows += [
        Row(_window_name(window.family), str(window.used))
        for window in windows
        if not window.limit and window.family != CLOSED
    ]
    gauges = [
        Gauge(_window_name(window.family), window.used, window.limit) for window in windows if window.limit
    ]
    return Card("Strava quota", rows, gauges, empty="Strava has not been asked in the current windows.")


def _window_name(family: str) -> str:
    return words.capital(words.plain(family))


def _athletes(tx: Transaction) -> Card:
    counts = tx.connection.execute(
        select(AthleteRow.state, func.count()).group_by(AthleteRow.state).order_by(AthleteRow.state)
    )
    rows = [
        Row(words.capital(words.plain(state)), str(count), "", f"/admin/athletes?state={state}")
        for state, count in counts
    ]
    return Card("Athletes", rows, empty="No athlete is connected yet.")

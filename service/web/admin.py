"""The overview: does the service do its work, and if not, where does it stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.domain.text import listed
from service.store.guards import Guard
from service.store.quota import CLOSED, OFF
from service.store.vitals import OVERDUE_AFTER, UNSENT_AFTER, Vitals, Waiting
from service.web import words
from service.web.admin_tabs import TABS
from service.web.deps import Deps
from service.web.pages import ANSWERS, page
from service.web.session import AdminId, AdminVisit

NEARLY_FULL = 0.85
TROUBLED_MAILS = frozenset({"refused", "in_doubt", "parked"})
GUARDS, INBOX = "/admin/guards", "/admin/inbox"
EVENTS = {"hearing": "good", "silent": "bad", "none": ""}
"""Without a subscription every list is read nightly: nothing is wrong."""

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
    """A few figures that belong together; ``empty`` says what it means that there are none. One that is
    ``watched`` is named in the headline when a figure of it is bad."""

    title: str
    rows: Sequence[Row] = ()
    gauges: Sequence[Gauge] = ()
    empty: str = ""
    watched: bool = False


@routes.get("")
def overview(deps: Deps, visit: AdminVisit, _admin: AdminId) -> HTMLResponse:
    """Clock, workers, queue, due work, mails, the last nights, quota, backup."""
    now = deps.now()
    with deps.store.transaction() as tx:
        seen = tx.vitals.read(now)
    cards = (
        _clock(seen),
        _due(seen),
        _workers(seen),
        _nights(seen.judged),
        _guards(seen),
        _mails(seen),
        _quota(seen),
        _events(seen),
        _athletes(seen),
        _backup(seen),
    )
    bad = [card for card in cards if card.watched and any(row.tone == "bad" for row in card.rows)]
    troubled = [card.title.lower() for card in bad]
    return page(
        deps,
        "admin/overview.html",
        visit,
        tabs=TABS,
        here="/admin",
        headline=f"Look at: {listed(troubled)}" if troubled else "Everything runs",
        now=words.stamp(now),
        cards=cards,
    )


def ago(seconds: float) -> str:
    """A time span in its largest fitting unit."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _since(seen: Vitals, instant: datetime) -> str:
    return ago((seen.now - instant).total_seconds())


def _clock(seen: Vitals) -> Card:
    """A tick that has not come for a while is the first thing to mend: without it nothing is found due."""
    rows = [
        Row(
            words.capital(words.plain(beat.name.removeprefix("clock:"))),
            f"{_since(seen, beat.beat_at)} ago",
            "bad" if seen.silent(beat) else "good",
        )
        for beat in seen.beats
    ]
    return Card("Clock", rows or [Row("Heartbeat", "never", "bad")], watched=True)


def _due(seen: Vitals) -> Card:
    return Card(
        "Due now",
        (
            _late("Syncs", seen.syncs, seen),
            _late("Nights", seen.nights, seen),
            _late("Events", seen.events, seen),
            _parked("Parked syncs", seen.parked_syncs),
            _parked("Parked nights", seen.parked_nights),
            Row("Rows in quarantine", str(seen.quarantined), "", "/admin/quarantine"),
        ),
        watched=True,
    )


def _parked(label: str, count: int) -> Row:
    return Row(label, str(count), "bad" if count else "", "/admin/athletes?parked=yes")


def _late(label: str, work: Waiting, seen: Vitals) -> Row:
    if not work.count or work.oldest is None:
        return Row(label, str(work.count))
    told = f"{work.count}, oldest {_since(seen, work.oldest)}"
    return Row(label, told, "bad" if work.late(seen.now) else "")


def _workers(seen: Vitals) -> Card:
    """A worker beats every few seconds; one that has gone is forgotten by the queue after a while."""
    rows = [Row("Workers", "none" if seen.worker == "never" else str(len(seen.workers)), _alive(seen))]
    if seen.workers:
        rows.append(Row("Last beat", f"{ago(min(seen.workers))} ago"))
    rows += [
        Row(
            f"Jobs {words.plain(state)}",
            str(count),
            "bad" if state == "failed" and count else "",
            _jobs(state),
        )
        for state, count in sorted(seen.jobs.items())
    ]
    if seen.oldest_job_s is not None:
        late = seen.oldest_job_s > OVERDUE_AFTER.total_seconds()
        rows.append(Row("Oldest job waits", ago(seen.oldest_job_s), "bad" if late else ""))
    return Card("Queue", rows, watched=True)


def _jobs(state: str) -> str:
    return f"/admin/jobs?state={state}"


def _alive(seen: Vitals) -> str:
    return "good" if seen.worker == "alive" else "bad"


def _nights(judged: Mapping[str, int]) -> Card:
    """What became of the nights judged in the last 24 hours."""
    rows = [
        Row("Judged", str(sum(judged.values())), "", "/admin/nights"),
        Row("Warned", str(judged.get("warning", 0))),
    ]
    rows += [
        Row(f"Silent: {words.plain(name)}", str(count), "", f"/admin/nights?silent={name}")
        for name, count in judged.items()
        if name != "warning"
    ]
    return Card("Nights, last 24 hours", rows)


def _guards(seen: Vitals) -> Card:
    """What stops mail on purpose."""
    stopped, tripped = seen.guards[Guard.MAIL].on, seen.guards[Guard.WARNINGS].on
    rows = (
        Row("All mail", "stopped" if stopped else "leaves", "bad" if stopped else "good", GUARDS),
        Row("Warnings", "held" if tripped else "leave", "bad" if tripped else "good", GUARDS),
    )
    return Card("Guards", rows, watched=True)


def _mails(seen: Vitals) -> Card:
    rows = [
        Row(
            words.capital(words.plain(state)),
            str(count),
            "bad" if state in TROUBLED_MAILS else "",
            f"/admin/mails?state={state}",
        )
        for state, count in sorted(seen.mails.items())
    ]
    if seen.unsent.count and seen.unsent.oldest is not None:
        late = seen.unsent.late(seen.now, UNSENT_AFTER)
        rows.append(Row("Oldest unsent", _since(seen, seen.unsent.oldest), "bad" if late else ""))
    return Card("Mails", rows, empty="No mail has been written yet.", watched=True)


def _quota(seen: Vitals) -> Card:
    """The windows open now; without a limit Strava has not named one yet, and ours holds."""
    rows = [
        Row(_window_name(window.family), f"until {words.stamp(window.ends_at)}", "bad")
        for window in seen.quota
        if window.family in (CLOSED, OFF)
    ]
    rows += [
        Row(_window_name(window.family), str(window.used))
        for window in seen.quota
        if not window.limit and window.family not in (CLOSED, OFF)
    ]
    gauges = [
        Gauge(_window_name(window.family), window.used, window.limit) for window in seen.quota if window.limit
    ]
    rows += [Row(f"{gauge.label}: used up", "", "bad") for gauge in gauges if gauge.used >= gauge.limit]
    empty = "Strava has not been asked in the current windows."
    return Card("Strava quota", rows, gauges, empty, watched=True)


def _window_name(family: str) -> str:
    return words.capital(words.plain(family))


def _events(seen: Vitals) -> Card:
    """Whether Strava tells us of new runs, and what was posted to us that was no event of ours."""
    rows = [Row("Subscription", seen.subscription, EVENTS[seen.subscription], INBOX)]
    rows += [
        Row(f"Dropped: {words.plain(reason)}", str(times)) for reason, times in sorted(seen.surprises.items())
    ]
    return Card("Strava's events, last 7 days", rows, watched=True)


def _athletes(seen: Vitals) -> Card:
    rows = [
        Row(words.capital(words.plain(state)), str(count), "", f"/admin/athletes?state={state}")
        for state, count in sorted(seen.athletes.items())
    ]
    if seen.backfills:
        rows.append(Row("Past still being read", str(seen.backfills), "", "/admin/athletes"))
    return Card("Athletes", rows, empty="No athlete is connected yet.")


def _backup(seen: Vitals) -> Card:
    """Told by ``freshlegs backup``; other tools do not tell us."""
    if seen.backup_at is None:
        return Card("Backup", empty="freshlegs backup has not run yet, or another tool does it.")
    tone = "good" if seen.backup == "ok" else "bad"
    return Card("Backup", [Row("Last", f"{_since(seen, seen.backup_at)} ago", tone)], watched=True)

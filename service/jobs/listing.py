"""Read an athlete's list of sessions: how much of it, how often, and what is gone since.

The newest page (200 sessions, most of a year for most runners) is read at least every 47 hours: it renews
what it shows, and what it no longer shows was deleted. So are older sessions up to ``DEPTH``, which only
those have who train oftener than five times a week; beyond that, what falls off the newest page is let go.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from service.app import App
from service.domain.activity import Source
from service.domain.athlete import Athlete
from service.faults import point
from service.jobs import tokens
from service.jobs.rows import Rows, is_id, store_rows
from service.logs import log
from service.store.session import Transaction
from service.strava.client import Page, StravaClient
from service.strava.quota import Priority

DEPTH = timedelta(days=270)
"""Six times the slowest time constant, and several baselines; at 0.7 sessions a day one page reaches it
(docs/decisions/0009-how-far-back.md)."""
LIST_EVERY = timedelta(hours=47)
"""Strava wants deletions mirrored within 48 hours, and an event may have been lost."""
SOON_OVERDUE = timedelta(hours=40)
EVER = datetime(1990, 1, 1, tzinfo=UTC)


def list_every(retention_days: int) -> timedelta:
    """How often at least, so that rows live on under ``STRAVA_RETENTION_DAYS`` (0 = no limit)."""
    if not retention_days:
        return LIST_EVERY
    return min(LIST_EVERY, timedelta(days=retention_days) - timedelta(hours=2))


def read_list(app: App, athlete: Athlete, now: datetime) -> Rows:
    """Read the newest page and what we hold beyond it, store them and mirror deletions."""
    rows, oldest = _newest(app, athlete, now)
    if athlete.listed_whole_at is None:
        return rows
    with app.store.transaction() as tx:
        if app.settings.strava_retention_days:
            _let_go(tx, athlete.id, min(oldest, now - DEPTH))
        held = tx.lists.held(athlete.id, now - DEPTH, oldest)
        if not held:
            tx.lists.read_whole(athlete.id, now)  # the newest page shows all we hold
    if held:
        _read_rest(app, athlete.id, now, oldest, held, Priority.OVERDUE)
    return rows


def read_all(app: App, athlete: Athlete, now: datetime) -> None:
    """Everything older than the newest page, to its end: once, after the first verdict."""
    with app.store.transaction() as tx:
        oldest = tx.lists.end_of_page(athlete.id)
    _read_rest(app, athlete.id, now, oldest or EVER, set(), Priority.BACKFILL)


def urgency(athlete: Athlete, now: datetime) -> Priority:
    """Of an athlete's next list: somebody waits for the first; the others must not become too old."""
    if athlete.synced_at is None:
        return Priority.WAITED_FOR
    old = athlete.listed_at is None or now - athlete.listed_at >= SOON_OVERDUE
    return Priority.OVERDUE if old else Priority.ROUTINE


def _newest(app: App, athlete: Athlete, now: datetime) -> tuple[Rows, datetime]:
    """The rows of the newest page, and the start of the oldest. An empty page is the end of all there is."""
    strava = app.strava.at(urgency(athlete, now))
    rows: Rows = tokens.with_token(app, athlete.id, partial(_first_page, strava))
    point("list_read")
    with app.store.transaction() as tx:
        stored = store_rows(tx, athlete.id, rows, now)
        oldest = min((each.start for each in stored), default=now if rows else EVER)
        _mirror_deletions(tx, athlete.id, rows, oldest, now)
        tx.lists.read(athlete.id, now)
        tx.inbox.settle_read(athlete.id, now, now)
        point("list_stored")
    return rows, oldest


def _first_page(strava: StravaClient, token: str) -> Rows:
    return [row for page in strava.activities(token, max_pages=1) for row in page.rows]


def _read_rest(
    app: App, athlete_id: UUID, now: datetime, oldest: datetime, held: set[str], priority: Priority
) -> None:
    """From ``oldest`` back to ``DEPTH``. Where all that is ``held`` was seen again the walk may end early."""
    if oldest > now - DEPTH:
        strava = app.strava.at(priority)
        read = partial(_walk, strava, now - DEPTH, oldest, held)
        rows: Rows = tokens.with_token(app, athlete_id, read)
        with app.store.transaction() as tx:
            store_rows(tx, athlete_id, rows, now)
            _mirror_deletions(tx, athlete_id, rows, now - DEPTH, oldest - timedelta(microseconds=1))
    with app.store.transaction() as tx:
        tx.lists.read_whole(athlete_id, now)


def _walk(strava: StravaClient, after: datetime, before: datetime, held: set[str], token: str) -> Rows:
    return [row for page in _until_all_seen(strava, after, before, held, token) for row in page.rows]


def _until_all_seen(
    strava: StravaClient, after: datetime, before: datetime, held: set[str], token: str
) -> Iterator[Page]:
    missing = set(held)
    for page in strava.activities(token, after=after, before=before):
        yield page
        missing -= {str(row.get("id")) for row in page.rows}
        if held and not missing:
            return


def _let_go(tx: Transaction, athlete_id: UUID, before: datetime) -> None:
    """What is too old to be read again cannot be kept true: it goes now, not when its time is up."""
    tx.activities.remove_unseen(athlete_id, Source.STRAVA, [], EVER, before - timedelta(microseconds=1))


def _mirror_deletions(tx: Transaction, athlete_id: UUID, rows: Rows, oldest: datetime, now: datetime) -> None:
    """What lies between ``oldest`` and ``now``, and was not listed, is gone at Strava.

    Rows that were quarantined this time were listed too: they do not count as deleted. What is no id of
    Strava's is none that we hold.
    """
    seen = [text for row in rows if is_id(text := str(row.get("id")))]
    removed = tx.activities.remove_unseen(athlete_id, Source.STRAVA, seen, oldest, now)
    if removed:
        log().info("activities_removed", athlete=athlete_id, removed=removed)

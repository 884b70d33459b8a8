"""Bring one athlete's rows in line with Strava: one list call, then details of new runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from service.analyse.assess import HORIZON
from service.app import App
from service.domain.activity import Activity, Source
from service.domain.athlete import Athlete, AthleteState
from service.domain.night import due_instant, known_zone, next_night
from service.errors import (
    AppInactive,
    Gone,
    QuotaExhausted,
    ScopeMissing,
    StravaError,
    TokenDead,
)
from service.jobs import tokens
from service.logs import log
from service.store.session import Transaction
from service.strava.client import StravaClient
from service.strava.mapping import RowRejected, activity_from_json
from service.strava.quota import Priority

Rows = Sequence[dict[str, Any]]

RETRY_AFTER = timedelta(minutes=10)
RETRY_INACTIVE_AFTER = timedelta(hours=1)
"""The operator's Strava application is switched off: asking every athlete again soon helps nobody."""
SOON_OVERDUE = timedelta(hours=40)
"""Deletions are mirrored within 48 hours: a list that was read so long ago goes before others."""
WHOLE_EVERY = timedelta(days=5)
"""Strava's rows may be kept for seven days unless read again."""
DETAILS_A_NIGHT = 3
"""Details of the last day's runs are worth waiting for before the night is judged."""
DETAILS_FOR_BASELINE = 20
DETAIL_WINDOW = timedelta(days=42)


def sync(app: App, subjects: Sequence[str]) -> None:
    """Due syncs; on success the athlete's night may be judged, on failure the sync is due again later."""
    for subject in subjects:
        _sync(app, UUID(subject))


def _sync(app: App, athlete_id: UUID) -> None:
    with app.store.transaction() as tx:
        athlete = tx.athletes.begin_sync(athlete_id, app.now(), app.settings.lease_s)
    if athlete is None:
        return
    try:
        _renew(app, athlete)
    except (TokenDead, ScopeMissing) as error:
        log().warning("sync_refused", athlete=athlete_id, code=error.code)
        tokens.lost(app, athlete_id)
    except StravaError as error:
        retry_at = _retry_at(app.now(), error)
        log().warning("sync_put_off", athlete=athlete_id, code=error.code, until=retry_at)
        with app.store.transaction() as tx:
            # Strava's trouble, not this athlete's: the attempt is not counted.
            tx.athletes.sync_put_off(athlete_id, error.code, retry_at)
    else:
        app.queue.defer("judge", athlete_id)
        app.queue.defer("deepen", athlete_id)


def deepen(app: App, subjects: Sequence[str]) -> None:
    """After the first verdict: the rest of the list, then details of the newest runs, as the quota allows.

    Never awaited: whatever is missing is asked for again the next night.
    """
    for athlete_id in map(UUID, subjects):
        athlete = _connected(app, athlete_id)
        if athlete is None:
            continue
        try:
            if athlete.listed_whole_at is None:
                _list(app, athlete_id, app.now(), Priority.BACKFILL, whole=True)
            read_details(app, athlete_id, DETAILS_FOR_BASELINE, Priority.BACKFILL)
        except StravaError as error:
            log().info("deepening_postponed", athlete=athlete_id, code=error.code)


def _connected(app: App, athlete_id: UUID) -> Athlete | None:
    """The athlete, unless they left since the job was asked for: Strava is not asked about those."""
    with app.store.transaction() as tx:
        athlete = tx.athletes.get(athlete_id)
    return athlete if athlete is not None and athlete.state is AthleteState.CONNECTED else None


def read_details(app: App, athlete_id: UUID, most: int, priority: Priority) -> int:
    """Read at most ``most`` missing details, newest first; returns how many were stored."""
    now = app.now()
    with app.store.transaction() as tx:
        missing = tx.activities.missing_detail(athlete_id, now - DETAIL_WINDOW, most)
    strava = app.strava.at(priority)
    for external_id in missing:
        try:
            row = tokens.with_token(app, athlete_id, partial(strava.activity, activity_id=external_id))
        except Gone:
            continue  # deleted since the list was read; the next list removes the row
        with app.store.transaction() as tx:
            store_rows(tx, athlete_id, [row], now)
    return len(missing)


def store_rows(tx: Transaction, athlete_id: UUID, rows: Rows, now: datetime) -> list[Activity]:
    """Store what can be understood; a row that cannot is quarantined, never the page it came with."""
    good, refused = [], 0
    for row in rows:
        try:
            good.append(activity_from_json(row))
        except RowRejected as rejection:
            refused += 1
            external_id = None if row.get("id") is None else str(row["id"])
            tx.quarantine.add(athlete_id, Source.STRAVA, external_id, rejection.field, rejection.reason, now)
    upserted = tx.activities.upsert(athlete_id, good, now)
    if upserted.new or refused:
        log().info(
            "activities_stored",
            athlete=athlete_id,
            activities=upserted.new,
            changed=upserted.changed,
            refused=refused,
        )
    return good


def _renew(app: App, athlete: Athlete) -> None:
    """Re-list: it brings new sessions, renews the others and shows what was deleted.

    One page is enough for a first verdict and for most nights. The whole list is read after the first
    verdict and every few days, before its older rows would die (``STRAVA_RETENTION_DAYS``).
    """
    now = app.now()
    first = athlete.synced_at is None
    whole = not first and _whole_is_due(athlete, now)
    newest = _list(app, athlete.id, now, _urgency(athlete, now), whole=whole)
    if not first:
        _read_newest_details(app, athlete.id)
    zone = newest_zone(newest) or athlete.zone
    zone = zone if known_zone(zone) else athlete.zone
    next_sync_at = due_instant(next_night(now, zone), zone)
    with app.store.transaction() as tx:
        tx.athletes.synced(athlete.id, now, zone=zone, next_sync_at=next_sync_at)


def _read_newest_details(app: App, athlete_id: UUID) -> None:
    """The list is read by now: a detail that Strava will not give is no reason to put the night off."""
    try:
        read_details(app, athlete_id, DETAILS_A_NIGHT, Priority.EVENT)
    except StravaError as error:
        log().info("details_postponed", athlete=athlete_id, code=error.code)


def _urgency(athlete: Athlete, now: datetime) -> Priority:
    """Of an athlete's next list: somebody waits for the first; the others must not become too old."""
    if athlete.synced_at is None:
        return Priority.WAITED_FOR
    return Priority.OVERDUE if now - athlete.synced_at >= SOON_OVERDUE else Priority.ROUTINE


def _whole_is_due(athlete: Athlete, now: datetime) -> bool:
    return athlete.listed_whole_at is None or now - athlete.listed_whole_at >= WHOLE_EVERY


def _list(app: App, athlete_id: UUID, now: datetime, priority: Priority, *, whole: bool) -> Rows:
    """Read the newest page or the whole list, store it, and mirror deletions; returns the rows read."""
    read = partial(_rows, app.strava.at(priority), now - HORIZON if whole else None)
    rows = tokens.with_token(app, athlete_id, read)
    with app.store.transaction() as tx:
        stored = store_rows(tx, athlete_id, rows, now)
        oldest = now - HORIZON if whole else min((each.start for each in stored), default=now)
        _mirror_deletions(tx, athlete_id, rows, oldest, now)
        if whole:
            tx.athletes.listed_whole(athlete_id, now)
    return rows


def _rows(strava: StravaClient, after: datetime | None, token: str) -> Rows:
    """The newest page, or with ``after`` every page up to an empty one."""
    pages = strava.activities(token, after=after, max_pages=None if after else 1)
    return [row for page in pages for row in page.rows]


def _mirror_deletions(tx: Transaction, athlete_id: UUID, rows: Rows, oldest: datetime, now: datetime) -> None:
    """What lies between ``oldest`` and now, and was not listed, is gone at Strava.

    Rows that were quarantined this time were listed too: they do not count as deleted.
    """
    seen = [str(row["id"]) for row in rows if row.get("id") is not None]
    removed = tx.activities.remove_unseen(athlete_id, Source.STRAVA, seen, oldest, now)
    if removed:
        log().info("activities_removed", athlete=athlete_id, removed=removed)


def newest_zone(page: Rows) -> str | None:
    """The IANA zone of the newest row: ``"(GMT+01:00) Europe/Oslo"``; its prefix lies, its name does not."""
    newest = max(page, key=lambda row: str(row.get("start_date", "")), default=None)
    text = newest.get("timezone") if newest else None
    return text.rsplit(" ", 1)[-1] if isinstance(text, str) and text else None


def _retry_at(now: datetime, error: StravaError) -> datetime:
    if isinstance(error, QuotaExhausted | AppInactive):
        return error.opens_at or now + RETRY_INACTIVE_AFTER
    return now + RETRY_AFTER

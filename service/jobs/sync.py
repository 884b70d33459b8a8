"""Bring one athlete's rows in line with Strava: one list call, then details of new runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from service.app import App
from service.domain.activity import Activity, Source
from service.domain.athlete import Athlete
from service.domain.night import due_instant
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
from service.strava.mapping import RowRejected, activity_from_json

RETRY_AFTER = timedelta(minutes=10)
RETRY_INACTIVE_AFTER = timedelta(hours=1)
"""The operator's Strava application is switched off: asking every athlete again soon helps nobody."""
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
        athlete = tx.athletes.get(athlete_id)
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
        with (
            app.store.transaction() as tx
        ):  # Strava's trouble, not this athlete's: the attempt is not counted
            tx.athletes.sync_put_off(athlete_id, error.code, retry_at)
    else:
        app.queue.defer("judge", athlete_id)
        app.queue.defer("details", athlete_id)


def details(app: App, subjects: Sequence[str]) -> None:
    """Read the detail of newest runs that lack it, as the quota allows; a hint, never awaited."""
    for athlete_id in map(UUID, subjects):
        try:
            read_details(app, athlete_id, DETAILS_FOR_BASELINE)
        except StravaError as error:
            log().info("details_postponed", athlete=athlete_id, code=error.code)


def read_details(app: App, athlete_id: UUID, most: int) -> int:
    """Read at most ``most`` missing details, newest first; returns how many were stored."""
    now = app.now()
    with app.store.transaction() as tx:
        missing = tx.activities.missing_detail(athlete_id, now - DETAIL_WINDOW, most)
    for external_id in missing:
        try:
            row = tokens.with_token(app, athlete_id, partial(app.strava.activity, activity_id=external_id))
        except Gone:
            continue  # deleted since the list was read; the next list removes the row
        with app.store.transaction() as tx:
            store_rows(tx, athlete_id, [row], now)
    return len(missing)


def store_rows(
    tx: Transaction, athlete_id: UUID, rows: Sequence[dict[str, Any]], now: datetime
) -> list[Activity]:
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
    """Re-list the newest page: it brings new sessions, renews the others and shows what was deleted."""
    now = app.now()
    page = tokens.with_token(app, athlete.id, partial(_newest_page, app))
    with app.store.transaction() as tx:
        stored = store_rows(tx, athlete.id, page, now)
        if stored:
            _mirror_deletions(tx, athlete.id, stored, page, now)
    if athlete.synced_at is not None:
        read_details(app, athlete.id, DETAILS_A_NIGHT)
    with app.store.transaction() as tx:
        tx.athletes.synced(athlete.id, now, zone=newest_zone(page), next_sync_at=_next_sync(athlete, now))


def _newest_page(app: App, token: str) -> list[dict[str, Any]]:
    return [row for page in app.strava.activities(token, max_pages=1) for row in page.rows]


def _mirror_deletions(
    tx: Transaction,
    athlete_id: UUID,
    stored: Sequence[Activity],
    page: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    """What lies between the oldest row of the page and now, and was not on it, is gone at Strava.

    Rows that are quarantined this time were seen too: they must not count as deleted.
    """
    oldest = min(activity.start for activity in stored)
    seen = [str(row["id"]) for row in page if row.get("id") is not None]
    removed = tx.activities.remove_unseen(athlete_id, Source.STRAVA, seen, oldest, now)
    if removed:
        log().info("activities_removed", athlete=athlete_id, removed=removed)


def newest_zone(page: Sequence[dict[str, Any]]) -> str | None:
    """The IANA zone of the newest row: ``"(GMT+01:00) Europe/Oslo"``; its prefix lies, its name does not."""
    newest = max(page, key=lambda row: str(row.get("start_date", "")), default=None)
    text = newest.get("timezone") if newest else None
    return text.rsplit(" ", 1)[-1] if isinstance(text, str) and text else None


def _next_sync(athlete: Athlete, now: datetime) -> datetime:
    """At the next night that is still to come, so that its verdict sees the whole day."""
    night = athlete.next_night
    while due_instant(night, athlete.zone) <= now:
        night += timedelta(days=1)
    return due_instant(night, athlete.zone)


def _retry_at(now: datetime, error: StravaError) -> datetime:
    if isinstance(error, QuotaExhausted):
        return error.opens_at
    return now + (RETRY_INACTIVE_AFTER if isinstance(error, AppInactive) else RETRY_AFTER)

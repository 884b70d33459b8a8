"""Bring one athlete's rows in line with Strava: the list where it is due, then details of new runs.

While events come, a list is read every second day; otherwise each night.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from service.app import App
from service.domain.athlete import Athlete, AthleteState
from service.domain.night import due_instant, known_zone, next_night
from service.errors import Gone, QuotaExhausted, ScopeMissing, StravaError, TokenDead
from service.faults import point
from service.jobs import tokens
from service.jobs.events import hear_of
from service.jobs.hold import Hold
from service.jobs.listing import list_every, read_all, read_list
from service.jobs.rows import Rows, retry_at, store_rows
from service.logs import log
from service.strava.quota import Priority

DETAILS_A_NIGHT = 3
"""Details of the last day's runs are worth waiting for before the night is judged."""
DETAILS_FOR_BASELINE = 20
DETAIL_WINDOW = timedelta(days=42)
LATELY = timedelta(days=3)


def sync(app: App, subjects: Sequence[str]) -> None:
    """Due syncs; on success the athlete's night may be judged, on failure the sync is due again later."""
    for subject in subjects:
        _sync(app, UUID(subject))


def _sync(app: App, athlete_id: UUID) -> None:
    with app.store.transaction() as tx:
        athlete = tx.parking.begin_sync(athlete_id, app.now(), app.settings.lease_s)
    if athlete is None:
        return
    point("sync_begun")
    try:
        with Hold(partial(_hold, app, athlete_id), app.settings.lease_s):
            unread = _renew(app, athlete)
    except (TokenDead, ScopeMissing) as error:
        log().warning("sync_refused", athlete=athlete_id, code=error.code)
        tokens.lost(app, athlete_id)
    except StravaError as error:
        at = retry_at(app.now(), error)
        log().warning("sync_put_off", athlete=athlete_id, code=error.code, until=at)
        with app.store.transaction() as tx:
            # Strava's trouble, not this athlete's: the attempt is not counted.
            tx.athletes.sync_put_off(athlete_id, error.code, at)
    else:
        point("sync_settled")
        app.queue.defer("judge", athlete_id)
        if unread:
            app.queue.defer("deepen", athlete_id)


def _hold(app: App, athlete_id: UUID) -> None:
    with app.store.transaction() as tx:
        tx.parking.hold_sync(athlete_id, app.settings.lease_s)


def deepen(app: App, subjects: Sequence[str]) -> None:
    """After the first verdict: the rest of the list, then details of the newest runs, as the quota allows.

    Never awaited: what the quota has no call for now is due again when it has.
    """
    for athlete_id in map(UUID, subjects):
        athlete = _connected(app, athlete_id)
        if athlete is None:
            continue
        with app.store.transaction() as tx:
            tx.lists.backfill(athlete_id, app.now() + timedelta(seconds=app.settings.lease_s))
        try:
            if athlete.listed_whole_at is None:
                read_all(app, athlete, app.now())
            read_details(app, athlete_id, DETAILS_FOR_BASELINE, DETAIL_WINDOW, Priority.BACKFILL)
        except StravaError as error:
            _postpone(app, athlete_id, error)
        else:
            with app.store.transaction() as tx:
                tx.lists.backfill(athlete_id, None)


def _postpone(app: App, athlete_id: UUID, error: StravaError) -> None:
    at = retry_at(app.now(), error)
    log().info("deepening_postponed", athlete=athlete_id, code=error.code, until=at)
    with app.store.transaction() as tx:
        tx.lists.backfill(athlete_id, at)
        if isinstance(error, QuotaExhausted):
            tx.lists.hold_backfills(app.now(), at)


def _connected(app: App, athlete_id: UUID) -> Athlete | None:
    """The athlete, unless they left since the job was asked for: Strava is not asked about those."""
    with app.store.transaction() as tx:
        athlete = tx.athletes.get(athlete_id)
    return athlete if athlete is not None and athlete.state is AthleteState.CONNECTED else None


def read_details(app: App, athlete_id: UUID, most: int, window: timedelta, priority: Priority) -> int:
    """Read at most ``most`` missing details of the last days, newest first; returns how many were asked."""
    now = app.now()
    with app.store.transaction() as tx:
        missing = tx.activities.missing_detail(athlete_id, now - window, most)
    strava = app.strava.at(priority)
    for external_id in missing:
        try:
            row = tokens.with_token(app, athlete_id, partial(strava.activity, activity_id=external_id))
        except Gone:
            continue  # deleted since the list was read; the next list removes the row
        with app.store.transaction() as tx:
            store_rows(tx, athlete_id, [row], now)
    return len(missing)


def _renew(app: App, athlete: Athlete) -> bool:
    """Make what we know Strava's own as of now: one page for a first verdict, and for most later lists.

    Returns whether there is more to read: the rest of the list, or details.
    """
    now = app.now()
    with app.store.transaction() as tx:
        hearing = tx.subscription.hearing(now)
    listed = None
    if not (hearing and _heard(app, athlete, now)):
        listed = read_list(app, athlete, now)
        if athlete.synced_at is not None:
            _read_newest_details(app, athlete.id)
    return _synced(app, athlete, now, listed, hearing=hearing)


def _heard(app: App, athlete: Athlete, now: datetime) -> bool:
    """Whether the list can wait, as it is not old and every event since has been looked into."""
    longest = list_every(app.settings.strava_retention_days)
    if athlete.synced_at is None or athlete.listed_at is None or now - athlete.listed_at >= longest:
        return False
    hear_of(app, athlete.id)
    with app.store.transaction() as tx:
        return tx.inbox.pending(athlete.id) == 0


def _synced(app: App, athlete: Athlete, now: datetime, listed: Rows | None, *, hearing: bool) -> bool:
    zone = newest_zone(listed or ()) or athlete.zone
    zone = zone if known_zone(zone) else athlete.zone
    next_sync_at = due_instant(next_night(now, zone), zone)
    if hearing:
        listed_at = now if listed is not None or athlete.listed_at is None else athlete.listed_at
        next_sync_at = min(next_sync_at, listed_at + list_every(app.settings.strava_retention_days))
    with app.store.transaction() as tx:
        tx.athletes.synced(athlete.id, now, zone=zone, next_sync_at=next_sync_at)
        whole = athlete.listed_whole_at is not None
        unread = not whole or bool(tx.activities.missing_detail(athlete.id, now - DETAIL_WINDOW, 1))
        # Should the job that is asked for next be lost, the clock asks again.
        tx.lists.backfill(athlete.id, now + timedelta(seconds=app.settings.lease_s) if unread else None)
    return unread


def _read_newest_details(app: App, athlete_id: UUID) -> None:
    """The list is read by now: a detail that Strava will not give is no reason to put the night off."""
    try:
        read_details(app, athlete_id, DETAILS_A_NIGHT, LATELY, Priority.EVENT)
    except StravaError as error:
        log().info("details_postponed", athlete=athlete_id, code=error.code)


def newest_zone(page: Rows) -> str | None:
    """The IANA zone of the newest row: ``"(GMT+01:00) Europe/Oslo"``; its prefix lies, its name does not."""
    newest = max(page, key=lambda row: str(row.get("start_date", "")), default=None)
    text = newest.get("timezone") if newest else None
    return text.rsplit(" ", 1)[-1] if isinstance(text, str) and text else None

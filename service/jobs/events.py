"""Look into what Strava says has happened: one read a session, however many events it had.

An event is a hint. A session is read before anything is believed of it, a withdrawal is proved by the
token, and what a forger can cost is bounded: so many reads an hour for an athlete and for everybody,
beyond which the next list answers all.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from service.app import App
from service.domain.activity import Source
from service.domain.athlete import Athlete, AthleteState
from service.domain.event import Aspect, Subject
from service.domain.finding import State
from service.errors import Gone, ScopeMissing, StravaError, TokenDead
from service.faults import point
from service.jobs import tokens
from service.jobs.diaries import refresh
from service.jobs.rows import retry_at, store_rows
from service.logs import log
from service.store.inbox import Outcome, Waiting
from service.strava.quota import Priority

HOUR_S = 3600
READS_AN_HOUR = 20
"""Of one athlete's sessions."""
ALL_READS_AN_HOUR = 300
PROOFS_AN_HOUR = 3
LISTS_AN_HOUR = 1
MANY = 10
"""More sessions at once than this are cheaper to list than to read one by one."""
LOOK_AGAIN_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=3),
)
"""A session that is announced but cannot be read yet: 0.6 % of events (``strava-api.md``, 3)."""
WAIT = timedelta(minutes=15)

Groups = Mapping[int, Sequence[Waiting]]


def hear(app: App, subjects: Sequence[str]) -> None:
    """The events of these athletes that are due."""
    for athlete_id in map(UUID, subjects):
        hear_of(app, athlete_id)
        refresh(app, athlete_id)  # hours before the night, as a rule


def hear_of(app: App, athlete_id: UUID) -> None:
    """Look into the events of one athlete that are due."""
    with app.store.transaction() as tx:
        athlete = tx.athletes.get(athlete_id)
        events = tx.inbox.take(athlete_id, app.now()) if athlete is not None else []
    if athlete is None or not events:
        return
    point("event_taken")
    withdrawn = [event for event in events if event.withdrawn]
    if withdrawn and _withdrawn(app, athlete, withdrawn):
        return
    others = [event for event in events if not event.withdrawn]
    if athlete.state is not AthleteState.CONNECTED or athlete.synced_at is None:
        _settle(app, others, Outcome.LEFT_TO_LIST)
        return
    _look_into(app, athlete, others)


def _look_into(app: App, athlete: Athlete, events: Sequence[Waiting]) -> None:
    groups = _grouped(events)
    idle = [event for event in events if event.object_id not in groups or event.subject is Subject.ATHLETE]
    _settle(app, idle, Outcome.NOTHING_OF_OURS)
    if len(groups) > MANY:
        _leave_to_list(app, athlete, groups)
        return
    while groups:
        object_id, group = next(iter(groups.items()))
        try:
            going_on = _look(app, athlete, object_id, group)
        except (TokenDead, ScopeMissing) as error:
            log().warning("sync_refused", athlete=athlete.id, code=error.code)
            tokens.lost(app, athlete.id)
            _leave(app, groups, Outcome.LEFT_TO_LIST)
            return
        except StravaError as error:
            _put_off(app, groups, error)
            return
        if not going_on:
            _leave_to_list(app, athlete, groups)
            return
        point("event_settled")
        del groups[object_id]


def _grouped(events: Sequence[Waiting]) -> dict[int, list[Waiting]]:
    """Events by session; sessions of which only the title has changed are left out: no title is kept."""
    groups: dict[int, list[Waiting]] = {}
    for event in events:
        if event.subject is Subject.ACTIVITY:
            groups.setdefault(event.object_id, []).append(event)
    return {of: group for of, group in groups.items() if not all(event.title_only for event in group)}


def _look(app: App, athlete: Athlete, object_id: int, group: Sequence[Waiting]) -> bool:
    """Read one session and settle its events. False: this athlete's reads of the hour are used up."""
    now = app.now()
    with app.store.transaction() as tx:
        if not tx.admins.allow(f"reads of {athlete.id}", READS_AN_HOUR, HOUR_S, now):
            return False
        waits = not tx.admins.allow("reads of all", ALL_READS_AN_HOUR, HOUR_S, now)
        if not waits and any(event.aspect is Aspect.DELETE for event in group):
            tx.activities.hide(athlete.id, Source.STRAVA, str(object_id), now)
        latest = tx.nights.latest(athlete.id)
    if waits:
        _again(app, group, WAIT)
        return True
    uneasy = latest is not None and latest.assessment.state in (State.WATCH, State.WARN)
    strava = app.strava.at(Priority.WAITED_FOR if uneasy else Priority.EVENT)
    try:
        row = tokens.with_token(app, athlete.id, partial(strava.activity, activity_id=object_id))
    except Gone:
        _gone(app, athlete, object_id, group)
        return True
    owner = row.get("athlete")
    theirs = isinstance(owner, Mapping) and owner.get("id") == athlete.strava_id
    with app.store.transaction() as tx:
        if theirs:
            store_rows(tx, athlete.id, [row], now)
        deleted = group[-1].aspect is Aspect.DELETE
        outcome = Outcome.NOT_TRUE if deleted else Outcome.READ if theirs else Outcome.NOT_THEIRS
        tx.inbox.settle([event.id for event in group], outcome, now)
    return True


def _gone(app: App, athlete: Athlete, object_id: int, group: Sequence[Waiting]) -> None:
    """404: what we hold of it goes. What was announced and never seen may only be late."""
    now = app.now()
    attempts = max(event.attempts for event in group)
    deleted = any(event.aspect is Aspect.DELETE for event in group)
    with app.store.transaction() as tx:
        removed = tx.activities.remove(athlete.id, Source.STRAVA, str(object_id))
        ids = [event.id for event in group]
        if removed or deleted:
            tx.inbox.settle(ids, Outcome.REMOVED, now)
        elif attempts < len(LOOK_AGAIN_AFTER):
            tx.inbox.again(ids, now + LOOK_AGAIN_AFTER[attempts], counted=True)
        else:
            tx.inbox.settle(ids, Outcome.LEFT_TO_LIST, now)
    if removed:
        log().info("activities_removed", athlete=athlete.id, removed=1)


def _withdrawn(app: App, athlete: Athlete, events: Sequence[Waiting]) -> bool:
    """Whether the grant has really ended; then everything of the athlete is on its way out."""
    with app.store.transaction() as tx:
        allowed = tx.admins.allow(f"proofs of {athlete.id}", PROOFS_AN_HOUR, HOUR_S, app.now())
    if not allowed:
        _again(app, events, timedelta(seconds=HOUR_S))
        return False
    try:
        tokens.prove(app, athlete.id)
    except TokenDead:
        with app.store.transaction() as tx:
            tx.athletes.disconnect(athlete.id)  # marked first: a crash on the way leaves work for the clock
            tx.inbox.settle([event.id for event in events], Outcome.WITHDRAWN, app.now())
        log().info("withdrawn_at_strava", athlete=athlete.id)
        app.queue.defer("erase", athlete.id)
        return True
    except StravaError as error:
        _put_off(app, {athlete.strava_id: events}, error)
        return False
    log().warning("withdrawal_not_true", athlete=athlete.id)
    _settle(app, events, Outcome.NOT_TRUE)
    return False


def _leave_to_list(app: App, athlete: Athlete, groups: Groups) -> None:
    """Too many to read one by one: the newest page says the same, but not more often than once an hour."""
    now = app.now()
    with app.store.transaction() as tx:
        soon = tx.admins.allow(f"lists of {athlete.id}", LISTS_AN_HOUR, HOUR_S, now)
        tx.lists.soon(athlete.id, now if soon else now + timedelta(seconds=HOUR_S))
    _leave(app, groups, Outcome.LEFT_TO_LIST)


def _leave(app: App, groups: Groups, outcome: Outcome) -> None:
    _settle(app, [event for group in groups.values() for event in group], outcome)


def _settle(app: App, events: Sequence[Waiting], outcome: Outcome) -> None:
    if events:
        with app.store.transaction() as tx:
            tx.inbox.settle([event.id for event in events], outcome, app.now())


def _again(app: App, events: Sequence[Waiting], after: timedelta) -> None:
    with app.store.transaction() as tx:
        tx.inbox.again([event.id for event in events], app.now() + after, counted=False)


def _put_off(app: App, groups: Groups, error: StravaError) -> None:
    """Strava's trouble, not the events'."""
    at = retry_at(app.now(), error)
    log().warning("events_put_off", code=error.code, until=at)
    with app.store.transaction() as tx:
        ids = [event.id for group in groups.values() for event in group]
        tx.inbox.again(ids, at, counted=False)

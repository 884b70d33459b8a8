"""The inbox: events kept before they are acknowledged, worked off athlete by athlete, and counted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from service.domain.athlete import AthleteState
from service.domain.event import Aspect, Event, Seal, Subject
from service.store import claims
from service.store.keyring import Keyring
from service.store.tables import AthleteRow
from service.store.tables_inbox import InboxRow, SubscriptionRow, SurpriseRow

OPEN = ("waiting", "working")


class Outcome(StrEnum):
    """What became of an event."""

    READ = "read"
    REMOVED = "removed"
    NOT_TRUE = "not_true"
    NOTHING_OF_OURS = "nothing_of_ours"
    NOT_THEIRS = "not_theirs"
    LEFT_TO_LIST = "left_to_list"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that is to be looked into. ``attempts`` counts the looks that found nothing yet."""

    id: int
    subject: Subject
    object_id: int
    aspect: Aspect
    at: int
    withdrawn: bool
    title_only: bool
    attempts: int


class Inbox:
    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection, self._keyring = connection, keyring

    def addressee(self, event: Event) -> UUID | str:
        """The athlete an event is about, or the constant name of the reason why it is not for us."""
        ours = select(SubscriptionRow.strava_id).scalar_subquery()
        query = select(ours, AthleteRow.id, AthleteRow.state).where(AthleteRow.strava_id == event.owner_id)
        row = self._connection.execute(query).one_or_none()
        if row is None or row.state == AthleteState.DISCONNECTED:
            return "unknown_owner"
        if row[0] != event.subscription_id:
            return "other_subscription"
        if event.subject is Subject.ATHLETE and event.object_id != event.owner_id:
            return "object_id"
        found: UUID = row.id
        return found

    def put(self, event: Event, athlete_id: UUID, seal: Seal, now: datetime) -> bool:
        """Keep an event. False = it was here already, as Strava may send each several times."""
        row = insert(InboxRow).values(
            athlete_id=athlete_id,
            subscription_id=event.subscription_id,
            object_type=event.subject,
            object_id=event.object_id,
            aspect=event.aspect,
            event_time=event.at,
            updates_index=self._keyring.blind_index(f"updates {event.updates}"),
            withdrawn=event.withdrawn,
            title_only=event.title_only,
            seal=seal,
            state="waiting",
            received_at=now,
            due_at=now,
        )
        done = self._connection.execute(row.on_conflict_do_nothing().returning(InboxRow.id))
        return done.first() is not None

    def surprised(self, reason: str, now: datetime) -> None:
        """Count a post that was no event, or not ours."""
        row = insert(SurpriseRow).values(day=now.date(), reason=reason, times=1)
        self._connection.execute(
            row.on_conflict_do_update(
                index_elements=[SurpriseRow.day, SurpriseRow.reason], set_={"times": SurpriseRow.times + 1}
            )
        )

    def surprises(self, since: date) -> dict[str, int]:
        """How many posts were dropped from ``since`` on, by reason."""
        counted = (
            select(SurpriseRow.reason, func.sum(SurpriseRow.times))
            .where(SurpriseRow.day >= since)
            .group_by(SurpriseRow.reason)
            .order_by(SurpriseRow.reason)
        )
        return {row[0]: int(row[1]) for row in self._connection.execute(counted)}

    def due(self, now: datetime) -> tuple[int, datetime | None]:
        """How many events are to be looked into now, and since when the oldest."""
        waiting = select(func.count(), func.min(InboxRow.due_at))
        due = waiting.where(InboxRow.state.in_(OPEN), InboxRow.due_at <= now)
        count, oldest = self._connection.execute(due).one()
        return count, oldest

    def claim_due(self, now: datetime, limit: int, lease_s: int = 300) -> list[UUID]:
        """Athletes with events to look into; all due ones of theirs are held for ``lease_s`` seconds."""
        due = and_(InboxRow.state.in_(OPEN), InboxRow.due_at <= now, claims.free(InboxRow.lease_until))
        owners = select(InboxRow.athlete_id).where(due).distinct().limit(limit)
        held = (
            update(InboxRow)
            .where(due, InboxRow.athlete_id.in_(owners))
            .values(state="waiting", lease_until=claims.lease(lease_s))
            .returning(InboxRow.athlete_id)
        )
        return sorted(set(self._connection.execute(held).scalars()))

    def take(self, athlete_id: UUID, now: datetime) -> list[Waiting]:
        """The athlete's events that are due, in Strava's order, each given to one caller only."""
        taken = (
            update(InboxRow)
            .where(InboxRow.athlete_id == athlete_id, InboxRow.state == "waiting", InboxRow.due_at <= now)
            .values(state="working")
            .returning(InboxRow.__table__)
        )
        rows = self._connection.execute(taken).all()
        return [
            Waiting(
                id=row.id,
                subject=Subject(row.object_type),
                object_id=row.object_id,
                aspect=Aspect(row.aspect),
                at=row.event_time,
                withdrawn=row.withdrawn,
                title_only=row.title_only,
                attempts=row.attempts,
            )
            for row in sorted(rows, key=lambda row: (row.event_time, row.id))
        ]

    def settle(self, ids: Collection[int], outcome: Outcome, now: datetime) -> None:
        """These are done with."""
        self._set(ids, state="done", outcome=outcome, settled_at=now, lease_until=None)

    def again(self, ids: Collection[int], due_at: datetime, *, counted: bool) -> None:
        """These are to be looked into once more; ``counted`` if Strava was asked and had nothing."""
        attempts = InboxRow.attempts + (1 if counted else 0)
        self._set(ids, state="waiting", due_at=due_at, attempts=attempts, lease_until=None)

    def settle_read(self, athlete_id: UUID, read_at: datetime, now: datetime) -> int:
        """A list that was read at ``read_at`` has answered every open event of before but a withdrawal."""
        done = (
            update(InboxRow)
            .where(
                InboxRow.athlete_id == athlete_id,
                InboxRow.state.in_(OPEN),
                ~InboxRow.withdrawn,
                InboxRow.attempts > 0,
                InboxRow.received_at <= read_at,
            )
            .values(state="done", outcome=Outcome.LEFT_TO_LIST, settled_at=now, lease_until=None)
        )
        return self._connection.execute(done).rowcount

    def pending(self, athlete_id: UUID) -> int:
        """Events of the athlete that nobody has looked into yet; those found unreadable are not counted."""
        query = select(func.count()).where(
            InboxRow.athlete_id == athlete_id, InboxRow.state.in_(OPEN), InboxRow.attempts == 0
        )
        return int(self._connection.execute(query).scalar_one())

    def counts(self) -> dict[str, int]:
        """Events by state, or by outcome once they are settled."""
        kind = func.coalesce(InboxRow.outcome, InboxRow.state)
        query = select(kind, func.count()).group_by(kind)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def purge(self, settled_before: datetime) -> int:
        """Delete what was settled before then, and the counts of before."""
        self._connection.execute(delete(SurpriseRow).where(SurpriseRow.day < settled_before.date()))
        gone = delete(InboxRow).where(
            or_(
                InboxRow.settled_at < settled_before,
                InboxRow.received_at < settled_before - timedelta(days=7),
            )
        )
        return self._connection.execute(gone).rowcount

    def _set(self, ids: Collection[int], **values: object) -> None:
        self._connection.execute(update(InboxRow).where(InboxRow.id.in_(ids)).values(**values))

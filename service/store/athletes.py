"""Athletes: connecting, due work, errors, erasure."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from service.domain.athlete import Athlete, AthleteState, Units
from service.domain.history import Profile
from service.domain.night import due_instant, next_night
from service.store import claims
from service.store.athlete_rows import Overview, athlete_of, overview_of, profile_values
from service.store.keyring import Keyring
from service.store.slots import advance, named, suspect, sync_due
from service.store.tables import ActivityRow, AthleteRow
from service.store.tables_service import LogRow, TombstoneRow

PARKED_AFTER = 10
"""Work that failed so often needs a person: the row says so, and nobody tries any more (see ``parking``)."""
SYNCED_RECENTLY = timedelta(minutes=30)
"""A night is judged on a sync at most this much older than its due instant."""
RELEASED = {"sync_lease_until": None, "sync_held_until": None}
"""Of a sync that nobody has asked for and nobody is doing."""


class Athletes:
    """Everything about the athlete's row itself."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def get(self, athlete_id: UUID) -> Athlete | None:
        return self._one(AthleteRow.id == athlete_id)

    def by_strava_id(self, strava_id: int) -> Athlete | None:
        return self._one(AthleteRow.strava_id == strava_id)

    def all(self, limit: int = 1000, after: UUID | None = None) -> list[Athlete]:
        """A page of athletes in the order of their ids: those behind ``after``, the last id seen."""
        query = select(AthleteRow.__table__).order_by(AthleteRow.id).limit(limit)
        if after is not None:
            query = query.where(AthleteRow.id > after)
        return [athlete_of(row) for row in self._connection.execute(query)]

    def many(self, athlete_ids: list[UUID]) -> dict[UUID, Athlete]:
        """Several at once; unknown ids are absent."""
        query = select(AthleteRow.__table__).where(AthleteRow.id.in_(athlete_ids))
        return {row.id: athlete_of(row) for row in self._connection.execute(query)}

    def overview(self, limit: int = 100, after: UUID | None = None) -> list[Overview]:
        """A page of athletes for admins, in the order of their ids: ids, states and counts only."""
        sessions = (
            select(func.count())
            .where(ActivityRow.athlete_id == AthleteRow.id)
            .scalar_subquery()
            .label("activities")
        )
        query = select(AthleteRow.__table__, sessions).order_by(AthleteRow.id).limit(limit)
        if after is not None:
            query = query.where(AthleteRow.id > after)
        return [overview_of(row) for row in self._connection.execute(query)]

    def connect(
        self,
        strava_id: int,
        scopes: frozenset[str],
        zone: str,
        now: datetime,
        profile: Profile | None = None,
    ) -> Athlete:
        """A new athlete, or one who comes back: connected, sync due at once.

        The next night is the newest one already due at ``now``, so that the first verdict comes right
        after the first sync. Fresh consent is the only thing that clears a tombstone. Who comes back
        keeps the answers given before; ``profile`` then fills only what was unknown.
        """
        self._connection.execute(
            delete(TombstoneRow).where(TombstoneRow.strava_index == self._keyring.strava_index(strava_id))
        )
        night = next_night(now, zone) - timedelta(days=1)
        connected: dict[str, Any] = {
            "state": AthleteState.CONNECTED,
            "scopes": sorted(scopes),
            "zone": zone,
            "connected_at": now,
            "sync_due_at": now,
            "listed_at": None,
            **RELEASED,
            "sync_attempts": 0,
            "sync_parked_at": None,
            "sync_error": None,
            "night_retry_at": None,
            "night_lease_until": None,
            "night_attempts": 0,
            "night_error": None,
            "night_parked_at": None,
        }
        first_night = {"next_night": night, "next_night_at": due_instant(night, zone)}
        told = profile_values(profile or Profile())
        new = insert(AthleteRow).values(
            id=uuid.uuid4(), strava_id=strava_id, units=Units.METRIC, **connected, **first_night, **told
        )
        # A night that was judged before the break is not judged again: the slot never goes back.
        kept = {name: func.greatest(new.excluded[name], getattr(AthleteRow, name)) for name in first_night}
        filled = {name: func.coalesce(getattr(AthleteRow, name), new.excluded[name]) for name in told}
        row = self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[AthleteRow.strava_id], set_={**connected, **kept, **filled}
            ).returning(AthleteRow.__table__)
        ).one()
        return athlete_of(row)

    def claim_due_syncs(self, now: datetime, limit: int, lease_s: int = 300) -> list[UUID]:
        """Athletes whose sync is due and free, longest waiting first, now held for ``lease_s`` seconds.

        After the tenth attempt the row is parked instead: it stays visible, and ``connect`` or ``unpark``
        frees it. A claim is no attempt: nobody may be there to follow it.
        """
        free = (claims.free(AthleteRow.sync_lease_until), claims.free(AthleteRow.sync_held_until))
        due = and_(sync_due(now), *free)
        self._connection.execute(
            update(AthleteRow).where(due, AthleteRow.sync_attempts >= PARKED_AFTER).values(sync_parked_at=now)
        )
        held = {"sync_lease_until": claims.lease(lease_s)}
        return claims.claim(self._connection, AthleteRow, due, AthleteRow.sync_due_at, limit, held)

    def sync_soon(self, athlete_id: UUID, now: datetime) -> None:
        """Make a sync due at ``now`` unless one is due already (the web marks, the jobs do)."""
        self._set(athlete_id, sync_due_at=func.least(AthleteRow.sync_due_at, now))

    def synced(self, athlete_id: UUID, now: datetime, *, zone: str | None, next_sync_at: datetime) -> None:
        """The sync is done. A changed ``zone`` moves the next night's due instant with it.

        Where no night was judged yet, the zone given at ``connect`` was a guess: the newest night that is
        due in the right one comes first.
        """
        values: dict[str, Any] = {
            "synced_at": now,
            "sync_due_at": next_sync_at,
            **RELEASED,
            "sync_attempts": 0,
            "sync_parked_at": None,
            "sync_error": None,
        }
        if zone is not None:
            values |= self._moved(athlete_id, zone, now)
        self._set(athlete_id, **values)

    def _moved(self, athlete_id: UUID, zone: str, now: datetime) -> dict[str, Any]:
        """What changes for an athlete who is in ``zone`` now."""
        slot = select(AthleteRow.zone, AthleteRow.next_night, AthleteRow.last_night_at)
        locked = slot.where(AthleteRow.id == athlete_id).with_for_update(key_share=True)
        known = self._connection.execute(locked).one_or_none()
        if known is None or known.zone == zone:
            return {}
        night = known.next_night if known.last_night_at else next_night(now, zone) - timedelta(days=1)
        return {"zone": zone, "next_night": night, "next_night_at": due_instant(night, zone)}

    def sync_failed(self, athlete_id: UUID, code: str, retry_at: datetime) -> None:
        """Release the row until ``retry_at`` and keep the code of the error."""
        self._set(athlete_id, sync_error=code, sync_due_at=retry_at, **RELEASED)

    def sync_put_off(self, athlete_id: UUID, code: str, retry_at: datetime) -> None:
        """As ``sync_failed``, but nobody's fault (quota): the attempt does not count."""
        self._set(
            athlete_id,
            sync_error=code,
            sync_due_at=retry_at,
            **RELEASED,
            sync_attempts=func.greatest(AthleteRow.sync_attempts - 1, 0),
        )

    def needs_reconnect(self, athlete_id: UUID, now: datetime) -> bool:
        """Strava no longer lets us read. True exactly once, for the one who tells the athlete."""
        changed = self._connection.execute(
            update(AthleteRow)
            .where(AthleteRow.id == athlete_id, AthleteRow.state == AthleteState.CONNECTED)
            .values(
                state=AthleteState.NEEDS_RECONNECT,
                sync_error="token_dead",
                sync_due_at=now,
                night_lease_until=None,
                **RELEASED,
            )
        )
        return changed.rowcount == 1

    def disconnect(self, athlete_id: UUID) -> None:
        """The athlete or Strava ended the connection; the rows wait for ``forget``."""
        self._set(athlete_id, state=AthleteState.DISCONNECTED, night_lease_until=None, **RELEASED)

    def disconnected(self, limit: int = 100) -> list[UUID]:
        """Who is to be forgotten."""
        query = select(AthleteRow.id).where(AthleteRow.state == AthleteState.DISCONNECTED).limit(limit)
        return list(self._connection.execute(query).scalars())

    def set_profile(self, athlete_id: UUID, profile: Profile, units: Units) -> None:
        """Replace the answers."""
        self._set(athlete_id, units=units, **profile_values(profile))

    def set_scopes(self, athlete_id: UUID, scopes: frozenset[str]) -> None:
        self._set(athlete_id, scopes=sorted(scopes))

    def claim_due_nights(self, now: datetime, limit: int, grace_s: int, lease_s: int = 300) -> list[UUID]:
        """Athletes with a night to judge, longest waiting first, now held for ``lease_s`` seconds.

        A night waits for a sync not older than half an hour before it, but not longer than ``grace_s`` from
        when it was due, or the athlete connected: before the first list not even the zone is known. Of the
        suspects (``slots.suspect``) one is judged at a time, so that none dies of another ten times.
        """
        fresh = AthleteRow.synced_at >= AthleteRow.next_night_at - SYNCED_RECENTLY
        waits_since = func.greatest(AthleteRow.next_night_at, AthleteRow.connected_at)
        due = and_(
            AthleteRow.state == AthleteState.CONNECTED,
            AthleteRow.next_night_at <= now,
            or_(AthleteRow.night_retry_at.is_(None), AthleteRow.night_retry_at <= now),
            or_(fresh, waits_since <= now - timedelta(seconds=grace_s)),
            AthleteRow.night_parked_at.is_(None),
            claims.free(AthleteRow.night_lease_until),
        )
        others, held = aliased(AthleteRow), {"night_lease_until": claims.lease(lease_s)}
        in_hand = select(others.id).where(
            suspect(others), others.night_parked_at.is_(None), ~claims.free(others.night_lease_until)
        )
        suspects, least_tried = suspect(AthleteRow), (AthleteRow.night_attempts, AthleteRow.next_night_at)
        due = claims.one_at_a_time(AthleteRow, due, suspects, *least_tried)
        due = and_(due, or_(~suspects, ~in_hand.exists()))
        return claims.claim(self._connection, AthleteRow, due, AthleteRow.next_night_at, limit, held)

    def all_judged(self, slots: Sequence[tuple[UUID, date, datetime, datetime | None]]) -> None:
        """Advance the slot of each (never back), release its row: athlete, next night, when that is due, and
        when the one judged was. In the order of their ids, so that two jobs cannot deadlock."""
        self._connection.execute(advance(), named(slots))

    def night_failed(self, athlete_id: UUID, code: str, retry_at: datetime) -> None:
        """Release the row until ``retry_at`` and keep the code; the due instant itself does not move."""
        self._set(athlete_id, night_error=code, night_retry_at=retry_at, night_lease_until=None)

    def forget(self, athlete_id: UUID, now: datetime | None = None) -> bool:
        """Delete every row of the athlete and leave a tombstone. False if there is no such athlete."""
        found = self._connection.execute(
            select(AthleteRow.strava_id).where(AthleteRow.id == athlete_id).with_for_update()
        ).scalar_one_or_none()
        if found is None:
            return False
        erased_at = now if now is not None else func.clock_timestamp()
        self._connection.execute(
            insert(TombstoneRow)
            .values(strava_index=self._keyring.strava_index(found), erased_at=erased_at)
            .on_conflict_do_nothing()
        )
        self._connection.execute(delete(LogRow).where(LogRow.athlete_id == athlete_id))
        # The foreign keys take everything else along; a test proves that no table is left out.
        self._connection.execute(delete(AthleteRow).where(AthleteRow.id == athlete_id))
        return True

    def is_erased(self, strava_id: int) -> bool:
        """Whether this Strava athlete was erased here and has not consented anew."""
        query = select(TombstoneRow.erased_at).where(
            TombstoneRow.strava_index == self._keyring.strava_index(strava_id)
        )
        return self._connection.execute(query).first() is not None

    def _one(self, condition: ColumnElement[bool]) -> Athlete | None:
        row = self._connection.execute(select(AthleteRow.__table__).where(condition)).one_or_none()
        return None if row is None else athlete_of(row)

    def _set(self, athlete_id: UUID, **values: Any) -> None:
        self._connection.execute(update(AthleteRow).where(AthleteRow.id == athlete_id).values(**values))

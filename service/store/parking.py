"""Work that is given up on after so many attempts: its row says so, and waits for an admin.

An attempt counts from when it begins, committed before the work, so that one that takes its worker down
counts too. A claim alone is none: nobody may be there to follow it.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, case, func, or_, select, update

from service.domain.athlete import Athlete, AthleteState
from service.store import claims
from service.store.athlete_rows import athlete_of
from service.store.athletes import PARKED_AFTER, RELEASED
from service.store.outgoing import MailState
from service.store.slots import sync_due
from service.store.tables import AthleteRow, MailRow

MAIL_PARKED_AFTER = 5
"""Workers. What a mail server puts off is counted elsewhere."""


class Parking:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin_sync(self, athlete_id: UUID, now: datetime, lease_s: float = 300) -> Athlete | None:
        """Count an attempt at this athlete's sync and take it in hand for ``lease_s`` seconds. None = not due
        any more, parked or about to be, in another worker's hands, or the athlete left.

        Commit it before the work, and ``hold_sync`` while the work lasts.
        """
        untired = (sync_due(now), AthleteRow.sync_attempts < PARKED_AFTER)
        begun = update(AthleteRow).where(
            AthleteRow.id == athlete_id, *untired, claims.free(AthleteRow.sync_held_until)
        )
        held = {"sync_held_until": claims.lease(lease_s), "sync_attempts": AthleteRow.sync_attempts + 1}
        row = self._connection.execute(begun.values(held).returning(AthleteRow.__table__)).one_or_none()
        return None if row is None else athlete_of(row)

    def hold_sync(self, athlete_id: UUID, lease_s: float = 300) -> None:
        """The sync in hand goes on: nobody else begins it for another ``lease_s`` seconds."""
        held = update(AthleteRow).where(AthleteRow.id == athlete_id, AthleteRow.sync_held_until.is_not(None))
        self._connection.execute(held.values(sync_held_until=claims.lease(lease_s)))

    def begin_nights(self, athlete_ids: Iterable[UUID], now: datetime, lease_s: float = 300) -> list[Athlete]:
        """Count an attempt at the nights of each of these, and name whose there are any. The others have
        nothing due, are parked or about to be (the queue may bring a job twice, or late), or left.

        Commit it before the work.
        """
        held = {
            "night_attempts": AthleteRow.night_attempts + 1,
            "night_error": None,
            "night_lease_until": claims.lease(lease_s),
        }
        due = (AthleteRow.state == AthleteState.CONNECTED, AthleteRow.next_night_at <= now)
        untired = (AthleteRow.night_parked_at.is_(None), AthleteRow.night_attempts < PARKED_AFTER)
        order = {athlete_id: place for place, athlete_id in enumerate(athlete_ids)}
        asked = select(AthleteRow.id).where(AthleteRow.id.in_(order), *due, *untired)
        # One order for everybody: two jobs that share athletes cannot deadlock.
        chosen = asked.order_by(AthleteRow.id).with_for_update(key_share=True).cte("chosen")
        begun = update(AthleteRow).where(AthleteRow.id == chosen.c.id).values(held)
        rows = self._connection.execute(begun.returning(AthleteRow.__table__))
        return sorted((athlete_of(row) for row in rows), key=lambda athlete: order[athlete.id])

    def begin_packing(self, athlete_id: UUID) -> Athlete | None:
        """Count an attempt at what the next night is judged from, as it may take its worker down as the night
        may; ``no_attempt`` once it has not. None = parked, a suspect, or the athlete left.

        Commit it before the work.
        """
        calm = (
            AthleteRow.state == AthleteState.CONNECTED,
            AthleteRow.night_parked_at.is_(None),
            AthleteRow.night_attempts < claims.SUSPECT_AFTER,
        )
        begun = update(AthleteRow).where(AthleteRow.id == athlete_id, *calm)
        counted = begun.values(night_attempts=AthleteRow.night_attempts + 1)
        row = self._connection.execute(counted.returning(AthleteRow.__table__)).one_or_none()
        return None if row is None else athlete_of(row)

    def no_attempt(self, athlete_id: UUID) -> None:
        """There was nothing to judge after all (whoever flies west lives a night twice), or it is packed."""
        back = {"night_attempts": func.greatest(AthleteRow.night_attempts - 1, 0)}
        self._connection.execute(update(AthleteRow).where(AthleteRow.id == athlete_id).values(back))

    def park_nights(self, now: datetime) -> list[UUID]:
        """Give up on nights that were begun ten times and never judged; returns whose."""
        spent = update(AthleteRow).where(
            AthleteRow.state == AthleteState.CONNECTED,
            AthleteRow.next_night_at <= now,
            AthleteRow.night_attempts >= PARKED_AFTER,
            AthleteRow.night_parked_at.is_(None),
            claims.free(AthleteRow.night_lease_until),
        )
        parked = self._connection.execute(spent.values(night_parked_at=now).returning(AthleteRow.id))
        return list(parked.scalars())

    def tried_before(self, athlete_ids: list[UUID]) -> list[UUID]:
        """Of these, whose night was begun before and not judged."""
        query = select(AthleteRow.id).where(AthleteRow.id.in_(athlete_ids), AthleteRow.night_attempts > 0)
        return list(self._connection.execute(query).scalars())

    def recover_mails(self, now: datetime) -> list[UUID]:
        """Queue again what workers have left in ``sending``, and give up on what five have died of; returns
        whichever was given up on.

        Nothing of it has left, and the dead worker's token is void. An admin has thirty days until the text
        of a parked mail goes.
        """
        abandoned = update(MailRow).where(
            MailRow.state == MailState.SENDING, claims.free(MailRow.lease_until)
        )
        last = MailRow.crashes + 1 >= MAIL_PARKED_AFTER
        found = self._connection.execute(
            abandoned.values(
                state=case((last, MailState.PARKED), else_=MailState.QUEUED),
                settled_at=case((last, now)),
                crashes=MailRow.crashes + 1,
                token=None,
                lease_until=None,
            ).returning(MailRow.id, MailRow.state)
        )
        return [row.id for row in found if row.state == MailState.PARKED]

    def unpark_mail(self, mail_id: UUID, now: datetime) -> bool:
        """An admin lets it be sent, if it is still young enough by then. False if it is not parked."""
        freed = {"state": MailState.QUEUED, "due_at": now, "crashes": 0, "settled_at": None}
        parked = update(MailRow).where(MailRow.id == mail_id, MailRow.state == MailState.PARKED)
        return self._connection.execute(parked.values(freed)).rowcount == 1

    def unpark(self, athlete_id: UUID, now: datetime) -> bool:
        """An admin lets sync and night try again, with all attempts. False if neither is parked."""
        freed = {
            "sync_parked_at": None,
            "sync_attempts": 0,
            "sync_due_at": func.least(AthleteRow.sync_due_at, now),
            **RELEASED,
            "night_parked_at": None,
            "night_attempts": 0,
            "night_retry_at": None,
            "night_lease_until": None,
        }
        parked = or_(AthleteRow.sync_parked_at.is_not(None), AthleteRow.night_parked_at.is_not(None))
        chosen = update(AthleteRow).where(AthleteRow.id == athlete_id, parked)
        return self._connection.execute(chosen.values(freed)).rowcount == 1

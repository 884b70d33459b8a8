"""The outbox: a mail is decided once, taken by one worker, handed over once, and never doubtful silently.

``queued → sending → handed → sent | deferred | refused | in_doubt``, besides ``expired``, ``suppressed``,
``held`` (see ``guards``) and ``parked`` (see ``parking``). Up to ``handed`` an attempt may be repeated; from
there on it never is.
"""

import uuid
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from service.domain.message import Message
from service.domain.night import SENDABLE_FOR, MailKind, Silence
from service.store import claims
from service.store.addresses import Addresses
from service.store.checkins import CheckIns
from service.store.guards import mail_flows
from service.store.keyring import Keyring
from service.store.nights import retell
from service.store.outgoing import MailRecord, MailState, Outgoing, mail_record, message_of, outgoing
from service.store.tables import MailRow

__all__ = ["MailRecord", "MailState", "Mailbox", "Outgoing"]
SENDING_LEASE_S = 120
"""A worker that has not handed over by then is taken for dead; the message has not left."""
DOUBT_AFTER = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
"""Mails that do not speak of one day lose their sense more slowly."""
OF_THE_DAY = (MailKind.WARNING, MailKind.CHECK_IN, MailKind.LONG_RUN)
OF_TRAINING = (MailKind.WARNING, MailKind.LONG_RUN, MailKind.WEEKLY)


WAITING = (MailState.QUEUED, MailState.DEFERRED)


class Mailbox:
    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring
        self._addresses = Addresses(connection, keyring)
        self._checkins = CheckIns(connection)

    def put(
        self,
        athlete_id: UUID | None,
        kind: MailKind,
        night: date,
        message: Message,
        message_id: str,
        now: datetime,
        number: int = 0,
        address: str | None = None,
        *,
        held: bool = False,
        flagged: bool = False,
    ) -> UUID | None:
        """Queue a mail. None = one of this kind, night and number was there already. Without ``address`` it
        goes to the one the athlete has confirmed by then. ``flagged``: it knows of illness or pain."""
        mail_id = uuid.uuid4()
        sealed = None
        if address is not None:
            sealed = self._keyring.encrypt(address, table="mail", column="address", row=mail_id)
        return self._connection.execute(
            insert(MailRow)
            .values(
                id=mail_id,
                athlete_id=athlete_id,
                kind=kind,
                night=night,
                number=number,
                message_id=message_id,
                address=sealed,
                subject=message.subject,
                text=message.text,
                html=message.html,
                chart_png=message.chart_png,
                unsubscribe_url=message.unsubscribe_url,
                state=MailState.HELD if held else MailState.QUEUED,
                queued_at=now,
                due_at=now,
                flagged=flagged,
            )
            .on_conflict_do_nothing()
            .returning(MailRow.id)
        ).scalar_one_or_none()

    def next_number(self, athlete_id: UUID | None, kind: MailKind, night: date) -> int:
        """The first free number for mails that may be many a day (confirmations)."""
        query = select(func.coalesce(func.max(MailRow.number), -1) + 1).where(
            MailRow.athlete_id == athlete_id, MailRow.kind == kind, MailRow.night == night
        )
        return self._connection.execute(query).scalar_one()

    def claim_due(self, now: datetime, limit: int, lease_s: int = 120) -> list[UUID]:
        """Mails to be sent, longest waiting first; not named again for ``lease_s`` seconds.

        Of those whose worker has died twice one at a time.
        """
        free = and_(_takeable(now), claims.free(MailRow.lease_until))
        due = claims.one_at_a_time(MailRow, free, MailRow.crashes >= claims.SUSPECT_AFTER, MailRow.due_at)
        values = {"lease_until": claims.lease(lease_s)}
        return claims.claim(self._connection, MailRow, due, MailRow.due_at, limit, values)

    def take(self, mail_id: UUID, now: datetime) -> Outgoing | None:
        """Take one mail for one attempt. None = not due, somebody else has it, or it may not be sent.

        A mail whose athlete has no address, whose address is suppressed, or whose athlete has switched
        this kind off ends as ``suppressed`` here, as does a word on training that knows nothing of illness
        or pain they told us of; a stale one as ``expired``.
        """
        token = uuid.uuid4()
        row = self._connection.execute(
            update(MailRow)
            .where(MailRow.id == mail_id, _takeable(now))
            .values(
                state=MailState.SENDING,
                token=token,
                attempts=MailRow.attempts + 1,
                lease_until=claims.lease(SENDING_LEASE_S),
            )
            .returning(MailRow.__table__)
        ).one_or_none()
        if row is None:
            return None
        if row.queued_at <= now - _lifetime(row.kind):
            self._settle(mail_id, token, MailState.EXPIRED, now)
            return None
        recipient = self._recipient(row)
        if recipient is None:
            self._settle(mail_id, token, MailState.SUPPRESSED, now)
            return None
        training = row.kind in OF_TRAINING and not row.flagged
        if training and self._checkins.open_flags(row.athlete_id, now.date()):
            retell(self._connection, MailRow.id == mail_id, Silence.RED_FLAG)
            self._settle(mail_id, token, MailState.SUPPRESSED, now, error=Silence.RED_FLAG)
            return None
        return outgoing(row, recipient)

    def handed(self, mail_id: UUID, token: UUID) -> bool:
        """The message is about to leave. Commit this before it does; False = do not send."""
        return self._change(
            mail_id,
            token,
            (MailState.SENDING,),
            mail_flows(),
            state=MailState.HANDED,
            handed_at=func.clock_timestamp(),
        )

    def sent(self, mail_id: UUID, token: UUID, now: datetime) -> bool:
        """The server took it."""
        return self._settle(mail_id, token, MailState.SENT, now)

    def deferred(self, mail_id: UUID, token: UUID, code: str, retry_at: datetime) -> bool:
        """The server did not take it and said so: it may be tried again at ``retry_at``."""
        return self._change(
            mail_id,
            token,
            (MailState.SENDING, MailState.HANDED),
            state=MailState.DEFERRED,
            error=code,
            due_at=retry_at,
            lease_until=None,
        )

    def refused(self, mail_id: UUID, token: UUID, code: str, now: datetime) -> bool:
        """The server will never take it."""
        return self._settle(mail_id, token, MailState.REFUSED, now, error=code)

    def in_doubt(self, mail_id: UUID, token: UUID, now: datetime) -> bool:
        """It may have arrived. Never sent again; the next night decides anew."""
        return self._settle(mail_id, token, MailState.IN_DOUBT, now)

    def sweep(self, now: datetime) -> int:
        """Settle what nobody will: handed over an hour ago and no word since, or too old to be sent.

        Returns how many.
        """
        lost = and_(
            MailRow.state == MailState.HANDED,
            MailRow.handed_at < func.clock_timestamp() - DOUBT_AFTER,
        )
        stale = and_(
            MailRow.state.in_((*WAITING, MailState.HELD)),
            or_(
                and_(MailRow.kind.in_(OF_THE_DAY), MailRow.queued_at <= now - SENDABLE_FOR),
                MailRow.queued_at <= now - GIVE_UP_AFTER,
            ),
        )
        swept = 0
        for condition, state in ((lost, MailState.IN_DOUBT), (stale, MailState.EXPIRED)):
            values = {"state": state, "settled_at": now, "lease_until": None}
            swept += self._connection.execute(update(MailRow).where(condition).values(values)).rowcount
        return swept

    def counts_by_state(self) -> dict[MailState, int]:
        """Mails in each state; states without any are absent."""
        query = select(MailRow.state, func.count()).group_by(MailRow.state)
        return {MailState(state): count for state, count in self._connection.execute(query)}

    def many(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        athlete_id: UUID | None = None,
        limit: int = 100,
    ) -> list[MailRecord]:
        """For admins: mails that pass every filter given, newest first."""
        filters = {MailRow.state: state, MailRow.kind: kind, MailRow.athlete_id: athlete_id}
        query = (
            select(*(getattr(MailRow, name) for name in MailRecord.__slots__))
            .where(*(column == value for column, value in filters.items() if value is not None))
            .order_by(MailRow.queued_at.desc(), MailRow.id)
            .limit(limit)
        )
        return [mail_record(row) for row in self._connection.execute(query)]

    def latest(self, *, kind: MailKind | None = None, athlete_id: UUID | None = None) -> Message | None:
        """The newest mail queued, whole."""
        query = select(MailRow.__table__).order_by(MailRow.queued_at.desc()).limit(1)
        if kind is not None:
            query = query.where(MailRow.kind == kind)
        if athlete_id is not None:
            query = query.where(MailRow.athlete_id == athlete_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else message_of(row)

    def of_night(self, athlete_id: UUID, kind: MailKind, night: date) -> tuple[Message, MailState] | None:
        """What was written to the athlete about a night, and what became of it. The text of a mail that was
        settled long ago is empty."""
        row = self._connection.execute(
            select(MailRow.__table__)
            .where(MailRow.athlete_id == athlete_id, MailRow.kind == kind, MailRow.night == night)
            .order_by(MailRow.number.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else (message_of(row), MailState(row.state))

    def purge(self, settled_before: datetime) -> int:
        """Empty the text of mails settled before then; the row stays, for the count and the key."""
        done = self._connection.execute(
            update(MailRow)
            .where(MailRow.settled_at < settled_before, MailRow.text != "")
            .values(subject="", text="", html="", chart_png=None, unsubscribe_url=None, address=None)
        )
        return done.rowcount

    def drop_receipts(self, settled_before: datetime) -> int:
        """Delete settled mails that belong to nobody: the last trace of who asked to be forgotten."""
        done = delete(MailRow).where(MailRow.athlete_id.is_(None), MailRow.settled_at < settled_before)
        return self._connection.execute(done).rowcount

    def _recipient(self, row: Row[Any]) -> str | None:
        if row.address is not None:
            address: str | None = self._keyring.decrypt(
                row.address, table="mail", column="address", row=row.id
            )
        elif row.athlete_id is not None and self._addresses.wants(row.athlete_id, MailKind(row.kind)):
            address = self._addresses.confirmed(row.athlete_id)
        else:
            address = None
        return None if address is None or self._addresses.is_suppressed(address) else address

    def _settle(
        self, mail_id: UUID, token: UUID, state: MailState, now: datetime, error: str | None = None
    ) -> bool:
        came_from = (MailState.SENDING, MailState.HANDED)
        return self._change(
            mail_id, token, came_from, state=state, error=error, settled_at=now, lease_until=None
        )

    def _change(
        self,
        mail_id: UUID,
        token: UUID,
        came_from: tuple[MailState, ...],
        *conditions: ColumnElement[bool],
        **values: Any,
    ) -> bool:
        """Only the worker that took the mail last may say what became of it."""
        changed = self._connection.execute(
            update(MailRow)
            .where(MailRow.id == mail_id, MailRow.token == token, MailRow.state.in_(came_from), *conditions)
            .values(**values)
        )
        return changed.rowcount == 1


def _takeable(now: datetime) -> ColumnElement[bool]:
    return and_(MailRow.state.in_(WAITING), MailRow.due_at <= now, mail_flows())


def _lifetime(kind: str) -> timedelta:
    return SENDABLE_FOR if kind in OF_THE_DAY else GIVE_UP_AFTER

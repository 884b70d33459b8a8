"""Mails that came back: which mail it was, proved by our own signature, and who is not written to again.

The envelope sender of each mail carries the mail's id and an HMAC of the keyring (VERP). Where a server
writes to the From address instead, the Message-ID it quotes is enough: only who had the mail knows its 128
random bits.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update

from service.domain.bounce import Bounce, Fate, is_hard
from service.store.addresses import COMPLAINT, Addresses
from service.store.keyring import Keyring
from service.store.outgoing import MailState
from service.store.tables import AddressRow, MailRow

SIGNATURE_BYTES = 12
BELIEVED_FOR = timedelta(days=7)
"""A server may try for five days before it gives a mail back (RFC 5321, 4.5.4.1)."""
MOST_IN_A_ROW = 5
"""Mails that came back for a passing reason with none between that did not (warehouse counts the same)."""
LEFT_US = (MailState.HANDED, MailState.SENT, MailState.IN_DOUBT)


class Outcome(StrEnum):
    """What a bounce came to. The first three end all mail to that address."""

    HARD = "hard"
    GIVEN_UP = "given_up"
    COMPLAINT = "complaint"
    SOFT = "soft"
    DELAYED = "delayed"
    ARRIVED = "arrived"
    AGAIN = "again"
    UNKNOWN = "unknown"
    FORGED = "forged"
    NOTHING = "nothing"


ENDS_MAIL = (Outcome.HARD, Outcome.GIVEN_UP, Outcome.COMPLAINT)


@dataclass(frozen=True, slots=True)
class Verp:
    """Envelope senders that say which mail they belong to. ``address``: where bounces are received."""

    keyring: Keyring
    address: str

    def sender(self, mail_id: UUID) -> str:
        """E.g. ``bounces+<45 letters and digits>@example.org``; local parts may lose their capitals."""
        local, _, domain = self.address.rpartition("@")
        signed = mail_id.bytes + self._signature(mail_id)
        return f"{local}+{base64.b32encode(signed).decode().rstrip('=').lower()}@{domain}"

    def mail_of(self, address: str) -> UUID | None:
        """The mail that this envelope sender was made for. Raises ``ValueError`` for a signature not ours;
        ``None`` for an address of any other form."""
        local, _, domain = self.address.lower().rpartition("@")
        prefix, suffix = f"{local}+", f"@{domain}"
        given = address.strip().lower()
        if not (self.address and given.startswith(prefix) and given.endswith(suffix)):
            return None
        token = given[len(prefix) : -len(suffix)].upper()
        try:
            signed = base64.b32decode(token + "=" * (-len(token) % 8))
        except binascii.Error as error:
            raise ValueError("not a token") from error
        if len(signed) != 16 + SIGNATURE_BYTES:
            raise ValueError("not a token")
        mail_id = UUID(bytes=signed[:16])
        if not hmac.compare_digest(signed[16:], self._signature(mail_id)):
            raise ValueError("not signed by us")
        return mail_id

    def _signature(self, mail_id: UUID) -> bytes:
        return self.keyring.blind_index(f"bounce {mail_id}")[:SIGNATURE_BYTES]


class Bounces:
    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring
        self._addresses = Addresses(connection, keyring)

    def take(self, bounce: Bounce, bounce_address: str, now: datetime) -> tuple[Outcome, UUID | None]:
        """Note what became of a mail, and stop writing to an address that is gone; which mail it was.

        Taking the same bounce again changes nothing.
        """
        if bounce.fate is Fate.NOTHING:
            return Outcome.NOTHING, None
        try:
            mail_id = self._named(Verp(self._keyring, bounce_address), bounce)
        except ValueError:
            return Outcome.FORGED, None
        row = self._connection.execute(
            select(MailRow.__table__).where(MailRow.id == mail_id).with_for_update()
        ).one_or_none()
        if row is None or row.queued_at < now - BELIEVED_FOR:
            return Outcome.UNKNOWN, mail_id
        return self._note(row, bounce, now), row.id

    def _named(self, verp: Verp, bounce: Bounce) -> UUID | None:
        """A signed address counts before a Message-ID; one with a wrong signature spoils the whole bounce."""
        named = [mail_id for address in bounce.addresses if (mail_id := verp.mail_of(address))]
        if named:
            return named[0]
        query = select(MailRow.id).where(MailRow.message_id.in_(bounce.message_ids))
        return self._connection.execute(query.limit(1)).scalar_one_or_none()

    def _note(self, row: Row[Any], bounce: Bounce, now: datetime) -> Outcome:
        if bounce.fate is Fate.DELAYED:
            return Outcome.DELAYED
        if bounce.fate is Fate.ARRIVED:
            doubtful = row.state == MailState.IN_DOUBT
            return self._settle(row.id, Outcome.ARRIVED, now, MailState.SENT) if doubtful else Outcome.ARRIVED
        if bounce.fate is Fate.COMPLAINT:
            if self._end(row, COMPLAINT, now):
                return self._settle(row.id, Outcome.COMPLAINT, now, None, error="the reader complained")
            return Outcome.AGAIN
        if row.state not in LEFT_US:
            return Outcome.AGAIN if row.bounced is not None else Outcome.UNKNOWN
        status = bounce.status or "5.0.0"
        came_back = {"bounced": status, "error": f"{status} came back"}
        self._settle(row.id, Outcome.SOFT, now, MailState.REFUSED, **came_back)
        if is_hard(status):
            self._end(row, "hard bounce", now)
            return Outcome.HARD
        if self._in_a_row(row) >= MOST_IN_A_ROW:
            self._end(row, "soft bounces", now)
            return Outcome.GIVEN_UP
        return Outcome.SOFT

    def _settle(
        self, mail_id: UUID, outcome: Outcome, now: datetime, state: MailState | None, **values: str
    ) -> Outcome:
        """Without a token nobody else's word about this mail counts any more."""
        more: dict[str, Any] = dict(values)
        if state is not None:
            more |= {"state": state, "token": None, "lease_until": None}
            more["settled_at"] = func.coalesce(MailRow.settled_at, now)
        self._connection.execute(update(MailRow).where(MailRow.id == mail_id).values(**more))
        return outcome

    def _end(self, row: Row[Any], reason: str, now: datetime) -> bool:
        """Suppress the address that the mail went to; an address that has changed since is not touched."""
        address = self._address(row)
        return address is not None and self._addresses.suppress(address, reason, now)

    def _address(self, row: Row[Any]) -> str | None:
        if row.address is not None:
            return self._keyring.decrypt(row.address, table="mail", column="address", row=row.id)
        if row.athlete_id is None or not self._still_theirs(row):
            return None
        return self._addresses.confirmed(row.athlete_id)

    def _still_theirs(self, row: Row[Any]) -> bool:
        sent_at: datetime = row.settled_at or row.queued_at
        confirmed_at = self._confirmed_at(row.athlete_id)
        return confirmed_at is not None and confirmed_at <= sent_at

    def _confirmed_at(self, athlete_id: UUID) -> datetime | None:
        query = select(AddressRow.confirmed_at).where(AddressRow.athlete_id == athlete_id)
        return self._connection.execute(query).scalar_one_or_none()

    def _in_a_row(self, row: Row[Any]) -> int:
        """How many of the last mails to this address came back, up to the first that did not."""
        if row.athlete_id is None or row.address is not None or not self._still_theirs(row):
            return 0
        query = (
            select(MailRow.bounced)
            .where(
                MailRow.athlete_id == row.athlete_id,
                MailRow.address.is_(None),
                MailRow.settled_at >= self._confirmed_at(row.athlete_id),
                MailRow.state.in_((MailState.SENT, MailState.REFUSED)),
            )
            .order_by(MailRow.settled_at.desc())
            .limit(MOST_IN_A_ROW)
        )
        return _leading(self._connection.execute(query).scalars())


def _leading(statuses: Iterable[str | None]) -> int:
    count = 0
    for status in statuses:
        if status is None:
            break
        count += 1
    return count

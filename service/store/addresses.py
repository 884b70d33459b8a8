"""Mail addresses: proposed, confirmed by their reader, suppressed; and what the athlete wants by mail."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from service.domain.night import MailKind
from service.domain.preference import CHOICES, Choice
from service.store.keyring import Keyring, digest_of, new_token
from service.store.preferences import Preferences
from service.store.tables import AddressRow
from service.store.tables_service import SuppressionRow

CONFIRM_WITHIN = timedelta(hours=72)
TABLE = "address"
COMPLAINT = "complaint"


class Addresses:
    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring
        self._preferences = Preferences(connection)

    def propose(self, athlete_id: UUID, address: str, now: datetime) -> str:
        """Keep an address until its reader confirms it; returns the token for the link in that mail.

        The address confirmed before stays in use. A second proposal replaces the first.
        """
        token = new_token()
        values: dict[str, Any] = {
            "pending": self._sealed(address, "pending", athlete_id),
            "pending_digest": digest_of(token),
            "pending_until": now + CONFIRM_WITHIN,
        }
        self._put(athlete_id, values)
        return token

    def confirm(self, token: str, now: datetime) -> UUID | None:
        """The reader has pressed the button. None = unknown, used or older than three days."""
        row = self._connection.execute(
            select(AddressRow.athlete_id, AddressRow.pending)
            .where(AddressRow.pending_digest == digest_of(token), AddressRow.pending_until > now)
            .with_for_update()
        ).one_or_none()
        if row is None or row.pending is None:
            return None
        address = self._opened(row.pending, "pending", row.athlete_id)
        self._connection.execute(
            update(AddressRow)
            .where(AddressRow.athlete_id == row.athlete_id)
            .values(
                address=self._sealed(address, "address", row.athlete_id),
                confirmed_at=now,
                pending=None,
                pending_digest=None,
                pending_until=None,
            )
        )
        athlete_id: UUID = row.athlete_id
        return athlete_id

    def confirmed(self, athlete_id: UUID) -> str | None:
        """The address in use."""
        row = self._row(athlete_id)
        return (
            None if row is None or row.address is None else self._opened(row.address, "address", athlete_id)
        )

    def pending(self, athlete_id: UUID) -> bool:
        """Whether an address waits for its confirmation."""
        row = self._row(athlete_id)
        return row is not None and row.pending is not None

    def unsubscribe_token(self, athlete_id: UUID) -> str:
        """The token of every unsubscribe link of this athlete; it stays the same for good."""
        row = self._row(athlete_id)
        if row is None or row.unsubscribe is None:
            token = new_token()
            sealed = self._sealed(token, "unsubscribe", athlete_id)
            fresh = {"unsubscribe": sealed, "unsubscribe_digest": digest_of(token)}
            self._put(athlete_id, fresh, only_where_missing=True)
            # Of two that come first together, one has written; both read what is there.
            row = self._connection.execute(
                select(AddressRow.__table__).where(AddressRow.athlete_id == athlete_id)
            ).one()
        return self._opened(row.unsubscribe, "unsubscribe", athlete_id)

    def by_unsubscribe_token(self, token: str) -> UUID | None:
        query = select(AddressRow.athlete_id).where(AddressRow.unsubscribe_digest == digest_of(token))
        return self._connection.execute(query).scalar_one_or_none()

    def suppress(self, address: str, reason: str, now: datetime) -> bool:
        """Never write to this address again (hard bounce, complaint). The first reason stays; False = there
        was one."""
        row = {"address_index": self._index(address), "reason": reason, "suppressed_at": now}
        done = insert(SuppressionRow).values(row).on_conflict_do_nothing().returning(SuppressionRow.reason)
        return self._connection.execute(done).first() is not None

    def write_again(self, address: str) -> bool:
        """Take a suppression back, unless its reader complained; whether there was one to take back."""
        lifted = delete(SuppressionRow).where(
            SuppressionRow.address_index == self._index(address), SuppressionRow.reason != COMPLAINT
        )
        return self._connection.execute(lifted).rowcount == 1

    def is_suppressed(self, address: str) -> bool:
        query = select(SuppressionRow.reason).where(SuppressionRow.address_index == self._index(address))
        return self._connection.execute(query).first() is not None

    def set_mail(self, athlete_id: UUID, kind: MailKind, on: bool) -> None:
        """Switch a kind of mail on or off; one that cannot be switched stays on. Twice changes nothing."""
        if kind not in CHOICES:
            return
        usual = next(choice for choice in CHOICES[kind] if choice is not Choice.OFF)
        self._preferences.choose(athlete_id, {kind: usual if on else Choice.OFF})

    def wants(self, athlete_id: UUID, kind: MailKind) -> bool:
        """Whether the athlete wants this kind at all."""
        return self._preferences.choice(athlete_id, kind) is not Choice.OFF

    def _put(self, athlete_id: UUID, values: dict[str, Any], *, only_where_missing: bool = False) -> None:
        where = (
            and_(*(getattr(AddressRow, name).is_(None) for name in values)) if only_where_missing else None
        )
        self._connection.execute(
            insert(AddressRow)
            .values(athlete_id=athlete_id, **values)
            .on_conflict_do_update(index_elements=[AddressRow.athlete_id], set_=values, where=where)
        )

    def _row(self, athlete_id: UUID) -> Row[Any] | None:
        query = select(AddressRow.__table__).where(AddressRow.athlete_id == athlete_id)
        return self._connection.execute(query).one_or_none()

    def _index(self, address: str) -> bytes:
        return self._keyring.blind_index(f"address {address.strip().lower()}")

    def _sealed(self, plain: str, column: str, row: UUID) -> bytes:
        return self._keyring.encrypt(plain, table=TABLE, column=column, row=row)

    def _opened(self, sealed: bytes, column: str, row: UUID) -> str:
        return self._keyring.decrypt(sealed, table=TABLE, column=column, row=row)

"""Re-encryption: after a new key was put first, every sealed value is brought over to it, in batches."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from service.store.keyring import Keyring
from service.store.tables import AddressRow, MailRow, TokenRow
from service.store.tables_service import AdminRow

SEALED: tuple[tuple[InstrumentedAttribute[UUID], tuple[InstrumentedAttribute[Any], ...]], ...] = (
    (TokenRow.athlete_id, (TokenRow.access_token, TokenRow.refresh_token)),
    (AddressRow.athlete_id, (AddressRow.address, AddressRow.pending, AddressRow.unsubscribe)),
    (MailRow.id, (MailRow.address,)),
    (AdminRow.id, (AdminRow.totp,)),
)
"""Every encrypted column with the key of its row. A test compares this with what the repositories seal."""


class Rotation:
    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def step(self, limit: int = 500) -> int:
        """Bring up to ``limit`` rows a table to the newest key; returns how many. 0 = all are there.

        Rows locked by a refresh that is running are left for the next step. Raises ``DecryptionError``
        for a value that no key of the ring opens.
        """
        return sum(self._table(key, columns, limit) for key, columns in SEALED)

    def remaining(self) -> int:
        """Rows that still need an older key; at 0 the older keys may be taken out of the ring."""
        return sum(
            len(self._connection.execute(select(key).where(self._old(columns))).all())
            for key, columns in SEALED
        )

    def _table(
        self, key: InstrumentedAttribute[UUID], columns: tuple[InstrumentedAttribute[Any], ...], limit: int
    ) -> int:
        query = select(key, *columns).where(self._old(columns)).limit(limit).with_for_update(skip_locked=True)
        rows = self._connection.execute(query).all()
        table = key.class_.__tablename__
        for row in rows:
            fresh = {
                column.key: self._again(sealed, table, column.key, row[0])
                for column, sealed in zip(columns, row[1:], strict=True)
                if sealed is not None
            }
            self._connection.execute(update(key.class_).where(key == row[0]).values(fresh))
        return len(rows)

    def _again(self, sealed: bytes, table: str, column: str, row: UUID) -> bytes:
        plain = self._keyring.decrypt(sealed, table=table, column=column, row=row)
        return self._keyring.encrypt(plain, table=table, column=column, row=row)

    def _old(self, columns: tuple[InstrumentedAttribute[Any], ...]) -> ColumnElement[bool]:
        newest = f"v1.{self._keyring.newest}.".encode()
        return or_(*(func.substr(c, 1, len(newest)) != newest for c in columns))

"""Admins, and the throttle that stands before every door."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from service.store.keyring import Keyring
from service.store.tables_service import AdminRow, BrowserSessionRow, ThrottleRow


@dataclass(frozen=True, slots=True)
class Admin:
    """Who may look after the service. ``role`` is the web's word, ``totp`` the secret of a second factor."""

    id: UUID
    name: str
    password_hash: str = field(repr=False)
    role: str
    created_at: datetime
    disabled_at: datetime | None
    totp: str | None = field(repr=False)


class Admins:
    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def add(self, name: str, password_hash: str, role: str, now: datetime) -> UUID | None:
        """A new admin. None = the name is taken."""
        return self._connection.execute(
            insert(AdminRow)
            .values(id=uuid.uuid4(), name=name, password_hash=password_hash, role=role, created_at=now)
            .on_conflict_do_nothing(index_elements=[AdminRow.name])
            .returning(AdminRow.id)
        ).scalar_one_or_none()

    def get(self, admin_id: UUID) -> Admin | None:
        row = self._connection.execute(
            select(AdminRow.__table__).where(AdminRow.id == admin_id)
        ).one_or_none()
        return None if row is None else self._admin(row)

    def by_name(self, name: str) -> Admin | None:
        """Disabled ones too: look at ``disabled_at``."""
        row = self._connection.execute(select(AdminRow.__table__).where(AdminRow.name == name)).one_or_none()
        return None if row is None else self._admin(row)

    def all(self) -> list[Admin]:
        query = select(AdminRow.__table__).order_by(AdminRow.name)
        return [self._admin(row) for row in self._connection.execute(query)]

    def set_password(self, name: str, password_hash: str, role: str | None = None) -> bool:
        """False if there is no such admin. All their sessions end. The role stays unless one is given."""
        values = {"password_hash": password_hash} | ({} if role is None else {"role": role})
        return self._changed(name, **values)

    def set_totp(self, name: str, secret: str | None) -> bool:
        """A second factor from now on, or (None) no longer. False if there is no such admin. Sessions end."""
        admin = self.by_name(name)
        if admin is None:
            return False
        sealed = None
        if secret is not None:
            sealed = self._keyring.encrypt(secret, table="admin", column="totp", row=admin.id)
        return self._changed(name, totp=sealed, totp_step=None)

    def use_step(self, admin_id: UUID, step: int) -> bool:
        """Use up the code of ``step`` and all before it; False if it was used. One statement: of two who
        send one code at the same moment, one is let in."""
        unused = or_(AdminRow.totp_step.is_(None), AdminRow.totp_step < step)
        used = update(AdminRow).where(AdminRow.id == admin_id, unused).values(totp_step=step)
        return self._connection.execute(used).rowcount == 1

    def disable(self, name: str, now: datetime) -> bool:
        """False if there is no such admin. All their sessions end."""
        return self._changed(name, disabled_at=now)

    def allow(self, key: str, limit: int, per_s: int, now: datetime) -> bool:
        """Count one use of ``key``; whether it is among the first ``limit`` of a window of ``per_s`` seconds.

        One statement, so that eight processes together let exactly ``limit`` through. ``key`` may be an
        address or an IP: only its blind index is stored.
        """
        fresh = ThrottleRow.window_ends_at <= now
        row = insert(ThrottleRow).values(
            key=self._keyring.blind_index(f"throttle {key}"),
            window_ends_at=now + timedelta(seconds=per_s),
            used=1,
        )
        used = self._connection.execute(
            row.on_conflict_do_update(
                index_elements=[ThrottleRow.key],
                set_={
                    "used": case((fresh, 1), else_=ThrottleRow.used + 1),
                    "window_ends_at": case(
                        (fresh, row.excluded.window_ends_at), else_=ThrottleRow.window_ends_at
                    ),
                },
            ).returning(ThrottleRow.used)
        ).scalar_one()
        return used <= limit

    def purge(self, now: datetime) -> int:
        """Delete throttle windows that are over; returns how many."""
        return self._connection.execute(delete(ThrottleRow).where(ThrottleRow.window_ends_at <= now)).rowcount

    def _admin(self, row: Row[Any]) -> Admin:
        secret = row.totp
        if secret is not None:
            secret = self._keyring.decrypt(secret, table="admin", column="totp", row=row.id)
        return Admin(row.id, row.name, row.password_hash, row.role, row.created_at, row.disabled_at, secret)

    def _changed(self, name: str, **values: object) -> bool:
        admin_id = self._connection.execute(
            update(AdminRow).where(AdminRow.name == name).values(**values).returning(AdminRow.id)
        ).scalar_one_or_none()
        if admin_id is None:
            return False
        self._connection.execute(delete(BrowserSessionRow).where(BrowserSessionRow.admin_id == admin_id))
        return True

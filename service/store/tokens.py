"""The grants: encrypted, one row an athlete, refreshed under a row lock."""

from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.grant import Tokens
from service.store.keyring import Keyring
from service.store.tables import TokenRow

TABLE = "token"
PATIENCE = "SET LOCAL lock_timeout = '40s'; SET LOCAL idle_in_transaction_session_timeout = '40s'"
"""A renewal holds the row while Strava answers, which may take 30 s. Were the session ended meanwhile, the
new pair would be lost and the old one is dead."""


class Tokenbox:
    """A refresh is: ``get(lock=True)``, look again, ask Strava, ``put``, commit at once, then use."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def put(self, athlete_id: UUID, tokens: Tokens) -> None:
        values = {
            "access_token": self._sealed(tokens.access_token, "access_token", athlete_id),
            "refresh_token": self._sealed(tokens.refresh_token, "refresh_token", athlete_id),
            "expires_at": tokens.expires_at,
        }
        self._connection.execute(
            insert(TokenRow)
            .values(athlete_id=athlete_id, **values)
            .on_conflict_do_update(index_elements=[TokenRow.athlete_id], set_=values)
        )

    def delete(self, athlete_id: UUID) -> None:
        self._connection.execute(delete(TokenRow).where(TokenRow.athlete_id == athlete_id))

    def get(self, athlete_id: UUID, *, lock: bool = False) -> Tokens | None:
        """``lock`` holds the row until the end of the transaction: only one worker may refresh.

        Raises ``DecryptionError`` when the row was not written here or its key is gone.
        """
        if lock:
            self._connection.exec_driver_sql(PATIENCE)
        query = select(TokenRow.__table__).where(TokenRow.athlete_id == athlete_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            return None
        return Tokens(
            access_token=self._opened(row.access_token, "access_token", athlete_id),
            refresh_token=self._opened(row.refresh_token, "refresh_token", athlete_id),
            expires_at=row.expires_at,
        )

    def _sealed(self, plain: str, column: str, row: UUID) -> bytes:
        return self._keyring.encrypt(plain, table=TABLE, column=column, row=row)

    def _opened(self, sealed: bytes, column: str, row: UUID) -> str:
        return self._keyring.decrypt(sealed, table=TABLE, column=column, row=row)

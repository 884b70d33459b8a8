"""Everything held about one athlete, table by table, from the same list that erasure is proved on."""

import base64
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, LargeBinary, Table, select

from service.store.database import METADATA
from service.store.keyring import Keyring
from service.store.tables import AthleteRow

OPENED: Mapping[str, frozenset[str]] = {
    "address": frozenset({"address", "pending"}),
    "mail": frozenset({"address"}),
}
"""Sealed columns that are the athlete's own words; they are opened for the export."""
WITHHELD: Mapping[str, Mapping[str, str]] = {
    "token": {
        "access_token": "a key to your Strava account, held encrypted",
        "refresh_token": "a key to your Strava account, held encrypted",
    },
    "address": {"unsubscribe": "a key of your unsubscribe links"},
    "upload_piece": {"content": "your own file, as you sent it"},
    "diary": dict.fromkeys(
        ("days", "sessions", "answers"), "computed from your sessions and answers, which are here"
    ),
}
"""Columns that are not handed out, each with the reason that the export gives."""
FINGERPRINTS = ("_digest", "_index")
"""Endings of binary columns that only recognise something: a cookie, a link, an unchanged row."""
VALUES_OF_BYTES: Mapping[str, frozenset[str]] = {"mail": frozenset({"chart_png"})}
"""Plain binary columns, exported as base64."""


def withheld(table: Table) -> dict[str, str]:
    """Columns of a table that the export leaves out, each with its reason."""
    prints = {
        column.name: "a fingerprint"
        for column in table.c
        if isinstance(column.type, LargeBinary) and column.name.endswith(FINGERPRINTS)
    }
    return prints | dict(WITHHELD.get(table.name, {}))


def tables_of_athlete() -> list[Table]:
    """Every table with rows of athletes, the athlete's own first."""
    others = [table for table in METADATA.sorted_tables if "athlete_id" in table.c]
    return [METADATA.tables[AthleteRow.__tablename__], *others]


class Holdings:
    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._keyring = keyring

    def of(self, athlete_id: UUID) -> dict[str, list[dict[str, Any]]]:
        """Table → rows → column → plain JSON value. Tables without a row of the athlete's are empty."""
        return {table.name: self._rows(table, athlete_id) for table in tables_of_athlete()}

    def _rows(self, table: Table, athlete_id: UUID) -> list[dict[str, Any]]:
        left_out = withheld(table)
        columns = [column for column in table.c if column.name not in left_out]
        whose = table.c.id if table.name == AthleteRow.__tablename__ else table.c.athlete_id
        query = select(*columns).where(whose == athlete_id).order_by(*table.primary_key.columns)
        return [
            {column.name: self._value(table, column.name, row) for column in columns}
            for row in self._connection.execute(query).mappings()
        ]

    def _value(self, table: Table, name: str, row: Mapping[Any, Any]) -> Any:
        value = row[name]
        if isinstance(value, bytes):
            if name in OPENED.get(table.name, ()):
                key = row["athlete_id"] if table.name == "address" else row["id"]
                return self._keyring.decrypt(value, table=table.name, column=name, row=key)
            return base64.b64encode(value).decode()
        if isinstance(value, datetime | date):
            return value.isoformat()
        return str(value) if isinstance(value, UUID) else value


def binary_columns() -> set[tuple[str, str]]:
    """Every (table, column) of athletes' tables that holds bytes."""
    return {
        (table.name, column.name)
        for table in tables_of_athlete()
        for column in table.c
        if isinstance(column.type, LargeBinary)
    }

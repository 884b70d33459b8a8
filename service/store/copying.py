"""Many rows at once: COPY into a table of the transaction's own, then one statement from there."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Table, column, select, table
from sqlalchemy.dialects.postgresql import JSONB, Insert

STAGE = "incoming"


def _text(value: Any) -> Any:
    """JSON for COPY; most rows of an archive have neither splits nor laps."""
    return Jsonb(value) if value else "[]"


def copy_through(
    connection: Connection, target: Table, upsert: Insert, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Run ``upsert`` (an INSERT … ON CONFLICT without values) for ``rows``, all with the same keys.

    Three to five times as fast as an executemany from a few hundred rows on.
    """
    names = list(rows[0])
    connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {STAGE} (LIKE {target.name}) ON COMMIT DROP")
    connection.exec_driver_sql(f"TRUNCATE {STAGE}")
    wrapped = [isinstance(target.c[name].type, JSONB) for name in names]
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY {STAGE} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(
                [_text(value) if json else value for value, json in zip(row.values(), wrapped, strict=True)]
            )
    stage = table(STAGE, *(column(name, target.c[name].type) for name in names))
    connection.execute(upsert.from_select(names, select(*(stage.c[name] for name in names))))

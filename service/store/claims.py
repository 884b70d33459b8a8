"""Claim, then act: a row goes from free to taken in one conditional update.

Whoever finds nothing to update knows that somebody else has it. Rows another claim is looking at are
skipped, not waited for. Leases end by the database's clock, because the clocks of two machines differ.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Interval,
    Select,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from service.store.tables import AthleteRow, MailRow

SUSPECT_AFTER = 2
"""Workers that died over a row, or may have; from then on it is a suspect."""


def lease(seconds: float) -> ColumnElement[Any]:
    """The instant ``seconds`` from now, by the clock of the database (not of the transaction's begin)."""
    return func.clock_timestamp() + cast(literal(f"{seconds} seconds"), Interval)


def free(lease_until: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether nobody holds the row."""
    return or_(lease_until.is_(None), lease_until < func.clock_timestamp())


def one_at_a_time(
    table: type[AthleteRow] | type[MailRow],
    due: ColumnElement[bool],
    suspect: ColumnElement[bool],
    *order: InstrumentedAttribute[Any],
) -> ColumnElement[bool]:
    """Which rows are ``due`` when of the ``suspect`` ones only the first in ``order`` is: what workers may
    die of takes nothing else along for ever."""
    first = select(table.id).where(due, suspect).order_by(*order).limit(1).scalar_subquery()
    return and_(due, or_(~suspect, table.id == first))


def unlocked(rows: Select[UUID]) -> Select[UUID]:
    """Those of them that nobody has in hand, ours until the transaction ends. One that somebody refers to
    just now (a line of the log book, a session being stored) is free."""
    return rows.with_for_update(skip_locked=True, key_share=True)


def claim(
    connection: Connection,
    table: type[AthleteRow] | type[MailRow],
    due: ColumnElement[bool],
    order: InstrumentedAttribute[Any],
    limit: int,
    values: dict[str, Any],
) -> list[UUID]:
    """Set ``values`` on up to ``limit`` rows that are ``due``, first in ``order`` first, and name them."""
    chosen = unlocked(select(table.id).where(due).order_by(order).limit(limit)).cte("chosen")
    statement = update(table).where(table.id == chosen.c.id).values(values).returning(table.id, order)
    rows = connection.execute(statement).all()
    return [row[0] for row in sorted(rows, key=lambda row: (row[1], row[0]))]

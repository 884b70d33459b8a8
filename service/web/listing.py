"""Read-only tables for admins: which columns may be shown, in which order, page by page.

A page ends with a key, and the next begins after it: rows that arrive meanwhile move nothing, and the
hundredth page costs what the first does. Columns are named one by one, so that nothing private is even read.
"""

import base64
import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Literal, TypeVar, get_args, get_origin
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from service.store.session import Transaction
from service.web import words

ROWS_A_PAGE = 50
Instant = TypeVar("Instant", bound=date)
YEARS = range(2000, 2101)
GOOD = frozenset({"connected", "sent", "info"})
BAD = frozenset("needs_reconnect refused in_doubt error critical expired failed stalled held parked".split())


Value = ColumnElement[Any] | InstrumentedAttribute[Any]


class BadCursor(ValueError):
    """The key in the address is not one of ours."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value as shown; ``tone`` is a class of the stylesheet. With ``post`` it is a button for operators
    that sends a form there."""

    text: str
    href: str = ""
    tone: str = ""
    post: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and what stands below it."""

    title: str
    value: Value
    show: Callable[[Any], Cell]


@dataclass(frozen=True, slots=True)
class Filter:
    """A field of the search above a table: ``kind`` is the type it is read as, ``compare`` makes a
    condition of the column and what was given. An enumeration or a ``Literal`` is offered as a choice."""

    name: str
    label: str
    column: Value
    kind: Any
    compare: Callable[[Any, Any], Any] = operator.eq
    input: str = "text"

    @property
    def options(self) -> Sequence[str]:
        if isinstance(self.kind, type) and issubclass(self.kind, Enum):
            return [each.value for each in self.kind]
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One table. ``key`` orders it, newest first, and must be unique taken together."""

    title: str
    path: str
    columns: Sequence[Column]
    filters: Sequence[Filter]
    key: Sequence[Value]
    empty: str


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page and the cursor of the next, if there is one."""

    rows: list[list[Cell]]
    after: str | None


def read(
    tx: Transaction, listing: Listing, conditions: Sequence[ColumnElement[bool]], after: str | None
) -> Page:
    """One page. Raises ``BadCursor``."""
    shown = [column.value.label(f"c{n}") for n, column in enumerate(listing.columns)]
    keys = [key.label(f"k{n}") for n, key in enumerate(listing.key)]
    query = select(*shown, *keys).where(*conditions)
    if after:
        place = [
            literal(value, key.type)
            for value, key in zip(_place(after, listing.key), listing.key, strict=True)
        ]
        query = query.where(tuple_(*listing.key) < tuple_(*place))
    query = query.order_by(*(key.desc() for key in listing.key)).limit(ROWS_A_PAGE + 1)
    found = tx.connection.execute(query).all()
    rows = [
        [column.show(value) for column, value in zip(listing.columns, row[: len(shown)], strict=True)]
        for row in found[:ROWS_A_PAGE]
    ]
    more = len(found) > ROWS_A_PAGE
    return Page(rows, _cursor(found[ROWS_A_PAGE - 1][len(shown) :]) if more else None)


def _cursor(values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, date) else str(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _place(cursor: str, key: Sequence[Value]) -> list[Any]:
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_PARSE[column.type.python_type](text) for text, column in zip(plain, key, strict=True)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadCursor("the address of this page was changed: go back to the first page") from error


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return in_years(value if value.tzinfo else value.replace(tzinfo=UTC))


def _day(text: str) -> date:
    return in_years(date.fromisoformat(text))


def _whole(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**63:
        raise ValueError("out of range")
    return value


def in_years(value: Instant) -> Instant:
    """A date that Postgres, time zones and this service can all hold. Raises ``ValueError``."""
    if value.year not in YEARS:
        raise ValueError("the year is not one of ours")
    return value


_PARSE: Mapping[type, Callable[[str], Any]] = {datetime: _instant, date: _day, UUID: UUID, int: _whole}


def text(value: object) -> Cell:
    """Anything as it is; nothing as a dash."""
    return Cell("–" if value is None or value == "" else str(value))


def state(value: str | None) -> Cell:
    """A constant name, in colour where it says good or bad."""
    tone = "good" if value in GOOD else "bad" if value in BAD else ""
    return Cell("–" if value is None else words.plain(str(value)), tone=tone)


def time(value: datetime | None) -> Cell:
    return Cell(words.stamp(value))


def parked(value: datetime | None) -> Cell:
    """Work that was given up on until an admin looks."""
    return Cell(words.stamp(value) if value else "–", tone="bad" if value else "")


def share(value: float | None) -> Cell:
    """A part of all, 0 to 1."""
    return Cell("–" if value is None else f"{round(100 * value)} %")


def button(path: str, label: str) -> Callable[[object], Cell]:
    """A button that sends a form to ``path`` of the value; nothing where there is no value."""
    return lambda value: Cell("") if value is None else Cell(label, post=path.format(value))


def mistake(value: str | None) -> Cell:
    return Cell("–" if value is None else words.plain(value), tone="bad" if value else "")


def identifier(value: object) -> Cell:
    return Cell("–" if value is None else str(value), tone="id")


def athlete(value: UUID | None) -> Cell:
    """An athlete's id, leading to the nights of that athlete."""
    if value is None:
        return Cell("–")
    return Cell(str(value), href=f"/admin/nights?athlete={value}", tone="id")


def fields(value: Mapping[str, Any]) -> Cell:
    """The fields of an event, already on the allow-list of the log book."""
    return Cell(
        ", ".join(f"{name} {found}" for name, found in value.items() if found is not None), tone="wide"
    )

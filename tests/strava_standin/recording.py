"""A recorded history served as an athlete: lines of activities or of recorded list pages, plain or .gz."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from .athletes import Account, epoch_of
from .clock import instant
from .rows import Row


def read_rows(path: Path) -> list[Row]:
    """The activities of a file, one per id, the last one read winning.

    A line is either an activity or a recorded request whose ``body`` is a list of them. Raises
    ``ValueError`` that names file and line for anything else.
    """
    rows: dict[int, Row] = {}
    for number, line in enumerate(_lines(path), start=1):
        try:
            for row in _activities(json.loads(line)):
                epoch_of(row)
                rows[int(row["id"])] = row
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path.name}, line {number}: not an activity or a recorded page ({error})"
            ) from error
    if not rows:
        raise ValueError(
            f"{path.name}: no activity in it; give JSON lines of activities or of recorded pages"
        )
    return list(rows.values())


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from (str(line) for line in lines if line.strip())


def _activities(value: Any) -> list[Row]:
    if isinstance(value, list):
        return value
    if "body" in value:
        return (
            [row for row in value["body"] if isinstance(row, dict)] if isinstance(value["body"], list) else []
        )
    return [value]


def account_of(path: Path, athlete_id: int | None, onset: date) -> Account:
    """An athlete whose past is that file. The id is the file's own unless another is given."""
    rows = read_rows(path)
    owner = athlete_id or int((rows[0].get("athlete") or {}).get("id") or 1_000_001)
    newest = max(rows, key=epoch_of)
    days = [instant(str(row["start_date"])).date() for row in rows]
    zone = str(newest.get("timezone") or "UTC").split(") ")[-1]
    return Account(owner, "recorded", zone, {"sex": None}, onset, min(days), max(days), recorded=rows)

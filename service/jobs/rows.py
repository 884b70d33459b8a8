"""Rows as Strava sends them, into the store; and when to ask again where it sent none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from service.domain.activity import Activity, Source
from service.domain.text import printable
from service.errors import AppInactive, QuotaExhausted, StravaError
from service.logs import log
from service.store.session import Transaction
from service.strava.mapping import RowRejected, activity_from_json

Rows = Sequence[dict[str, Any]]

RETRY_AFTER = timedelta(minutes=10)
RETRY_INACTIVE_AFTER = timedelta(hours=1)
"""The operator's Strava application is switched off: asking every athlete again soon helps nobody."""


def store_rows(tx: Transaction, athlete_id: UUID, rows: Rows, now: datetime) -> list[Activity]:
    """Store what can be understood; a row that cannot is quarantined, never the page it came with."""
    good, refused = [], 0
    for row in rows:
        try:
            good.append(_of_strava(row))
        except RowRejected as rejection:
            refused += 1
            external_id = None if row.get("id") is None else printable(str(row["id"]))
            tx.quarantine.add(athlete_id, Source.STRAVA, external_id, rejection.field, rejection.reason, now)
    upserted = tx.activities.upsert(athlete_id, good, now)
    if upserted.new or refused:
        log().info(
            "activities_stored",
            athlete=athlete_id,
            activities=upserted.new,
            changed=upserted.changed,
            refused=refused,
        )
    return good


def is_id(text: str) -> bool:
    """Whether Strava can be asked by it: a whole number. Other texts may be none that Postgres takes."""
    return text.isascii() and text.isdecimal()


def retry_at(now: datetime, error: StravaError) -> datetime:
    """When the same call may succeed."""
    if isinstance(error, QuotaExhausted | AppInactive):
        return error.opens_at or now + RETRY_INACTIVE_AFTER
    return now + RETRY_AFTER


def _of_strava(row: dict[str, Any]) -> Activity:
    """Raises ``RowRejected`` also for an id by which Strava could not be asked for the session again."""
    activity = activity_from_json(row)
    if not is_id(activity.external_id):
        raise RowRejected("id", "is not a whole number, as every id of Strava's is")
    return activity

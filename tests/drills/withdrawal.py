"""Drill 41: athletes remove us in Strava's settings; all of theirs goes, and nothing brings it back."""

import time
from datetime import timedelta

from service.store.tables import Base
from tests.drills.figure import Figure, none
from tests.drills.size import Size
from tests.drills.workshop import Workshop, open_workshop
from tests.posts import posted

STAYING = 7_000_001
"""One athlete stays: nothing of theirs may go."""


def drill(size: Size) -> list[Figure]:
    """Both forms of the event, with jobs asked for, mails queued, and a session announced after the end."""
    athletes = size.of(40, 400)
    with open_workshop(size.seed, ["steady"] * (athletes + 1)) as shop:
        found = shop.connect_all()
        shop.settle()
        shop.subscribe()
        kept = shop.count("SELECT count(*) FROM activity WHERE athlete_id = :id", id=found[STAYING])
        leaving = [strava_id for strava_id in found if strava_id != STAYING]
        shop.mailer.mails.clear()
        for number, strava_id in enumerate(leaving):
            shop.standin.revoke(strava_id)
            shop.app.queue.defer("sync", found[strava_id])
            shop.carry(_event(shop, strava_id, strava_id, "athlete", "delete" if number % 2 else "update"))
        began = time.monotonic()
        shop.settle()
        seconds = time.monotonic() - began
        shop.standin.clear_ledger()
        for strava_id in leaving:
            shop.carry(_event(shop, strava_id, 4711, "activity", "create"))
        shop.pass_time(timedelta(days=2), timedelta(hours=8))
        late = [call for call in shop.standin.ledger() if call["athlete"] in leaving]
        left = {f"athlete{strava_id}@example.org" for strava_id in leaving}
        receipts = [mail for mail in shop.mailer.recipients if mail in left]
        still = shop.count("SELECT count(*) FROM activity WHERE athlete_id = :id", id=found[STAYING])
        return [
            Figure("athletes", athletes),
            Figure("seconds_for_all", round(seconds, 1), most=60),
            none("rows_left", sum(_rows(shop, found[strava_id]) for strava_id in leaving)),
            none("tables_not_covered", _uncovered()),
            none("calls_afterwards", len(late)),
            Figure("receipts", len(receipts), least=athletes, most=athletes),
            Figure("who_stays_keeps", still, least=kept),
            none("uncaught", shop.uncaught),
        ]


def _event(shop: Workshop, owner: int, object_id: int, kind: str, aspect: str) -> bytes:
    updates = {"authorized": "false"} if aspect == "update" else {}
    at = int(shop.clock.now().timestamp())
    return posted(object_id, aspect, owner=owner, at=at, object_type=kind, updates=updates)


def _tables() -> list[str]:
    return [table.name for table in Base.metadata.sorted_tables if "athlete_id" in table.c]


def _uncovered() -> int:
    """Tables that name an athlete and neither cascade nor are emptied by name (the log book)."""
    return sum(
        not any(
            key.column.table.name == "athlete" and key.ondelete == "CASCADE" for key in table.foreign_keys
        )
        for table in Base.metadata.sorted_tables
        if "athlete_id" in table.c and table.name != "logbook"
    )


def _rows(shop: Workshop, athlete_id: object) -> int:
    rows = shop.count("SELECT count(*) FROM athlete WHERE id = :id", id=athlete_id)
    for table in _tables():
        rows += shop.count(f"SELECT count(*) FROM {table} WHERE athlete_id = :id", id=athlete_id)
    return rows

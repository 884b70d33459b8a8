"""What is due of athletes' pasts, with several workers at it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from service.store.session import Store
from tests.store.samples import NOW, SCOPES

LATER = NOW + timedelta(hours=1)


def waiting(store: Store, *numbers: int) -> list[UUID]:
    """Athletes whose past is due to be read on."""
    with store.transaction() as tx:
        athletes = [tx.athletes.connect(number, SCOPES, "UTC", NOW).id for number in numbers]
        for athlete in athletes:
            tx.lists.backfill(athlete, NOW)
    return athletes


def due_at(store: Store, athlete: UUID) -> datetime | None:
    with store.transaction() as tx:
        query = text("SELECT backfill_at FROM athlete WHERE id = :id")
        found: datetime | None = tx.connection.execute(query, {"id": athlete}).scalar_one()
    return found


def test_two_refused_workers_do_not_wait_for_each_other(store: Store) -> None:
    """Each has its own athlete's row in hand and holds everybody's: one of them would be shot by Postgres."""
    first, second, third = waiting(store, 7, 8, 9)
    with store.transaction() as one, store.transaction() as two:
        one.lists.backfill(first, LATER)
        two.lists.backfill(second, LATER)
        one.lists.hold_backfills(NOW, LATER)
        two.lists.hold_backfills(NOW, LATER)
    assert [due_at(store, athlete) for athlete in (first, second, third)] == [LATER] * 3


def test_who_is_not_due_is_not_held(store: Store) -> None:
    """Whose past is read, or is due later anyway."""
    read, later = waiting(store, 7, 8)
    with store.transaction() as tx:
        tx.lists.backfill(read, None)
        tx.lists.backfill(later, LATER + timedelta(hours=1))
        tx.lists.hold_backfills(NOW, LATER)
    assert due_at(store, read) is None
    assert due_at(store, later) == LATER + timedelta(hours=1)

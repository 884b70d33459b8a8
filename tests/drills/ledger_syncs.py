"""The ledger of syncs: claimed, in one worker's hands at a time, held, done, failed, put off, given up on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from service.store.athletes import PARKED_AFTER
from service.store.session import Transaction
from tests.drills.ledger_book import ENDS, LEASE, LIMITS, WHICH, Book, asked, nth

RETRY = timedelta(minutes=15)
NEXT = timedelta(hours=6)
ROWS = f"""SELECT id, sync_due_at, sync_attempts, {LEASE.format("sync_lease_until")},
    {LEASE.format("sync_held_until")}, sync_parked_at IS NOT NULL FROM athlete"""
ENDED = """UPDATE athlete SET sync_lease_until = sync_lease_until - interval '1 hour',
    sync_held_until = sync_held_until - interval '1 hour' WHERE id = %s"""


@dataclass(eq=False)
class Reading:
    """An athlete's list, as the model knows it: asked for (``claimed``), in hand (``held``)."""

    id: UUID
    due_at: datetime
    connected: bool = True
    tried: int = 0
    claimed: bool | None = None
    held: bool | None = None
    parked: bool = False

    def due(self, now: datetime) -> bool:
        return self.connected and self.due_at <= now and not self.parked

    def release(self) -> None:
        self.claimed, self.held = None, None


@dataclass(eq=False)
class Reader:
    """A worker. It ``holds`` until its lease ends, or somebody takes the work from it."""

    of: Reading
    holds: bool = True


class Syncs(Book):
    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[int, Reading] = {}
        self.jobs: list[Reading] = []
        self.readers: list[Reader] = []

    def compare(self, tx: Transaction) -> None:
        kept = {tuple(row) for row in tx.connection.exec_driver_sql(ROWS)}
        lists = self.lists.values()
        assert kept == {(x.id, x.due_at, x.tried, x.claimed, x.held, x.parked) for x in lists}
        assert all(each.tried <= PARKED_AFTER for each in lists)

    def came(self, seat: int, *, known: bool) -> None:
        if known:
            self._lose(self.lists[seat])
        fresh = Reading(self.seats[seat], self.now)
        if known:
            old = self.lists[seat]
            old.__dict__.update(fresh.__dict__)
        else:
            self.lists[seat] = fresh

    def left(self, seat: int) -> None:
        self.lists[seat].connected = False
        self.lists[seat].release()
        self._lose(self.lists[seat])

    def gone(self, seat: int) -> None:
        del self.lists[seat]

    @precondition(lambda self: any(each.claimed or each.held for each in self.lists.values()))
    @rule(number=WHICH)
    def lease_ends(self, number: int) -> None:
        if each := nth(list(self.lists.values()), number):
            self.run(ENDED, each.id)
            each.claimed = None if each.claimed is None else False
            each.held = None if each.held is None else False
            self._lose(each)

    @rule(number=WHICH, times=st.integers(PARKED_AFTER - 2, PARKED_AFTER - 1))
    def has_been_tried(self, number: int, times: int) -> None:
        """A long bad past, without its hundred steps."""
        if (each := nth(list(self.lists.values()), number)) and each.tried < times:
            self.run("UPDATE athlete SET sync_attempts = %s WHERE id = %s", times, each.id)
            each.tried = times

    @precondition(lambda self: any(each.parked for each in self.lists.values()))
    @rule(number=WHICH)
    def admin_frees(self, number: int) -> None:
        if each := nth(list(self.lists.values()), number):
            with self.store.transaction() as tx:
                assert tx.parking.unpark(each.id, self.now) == each.parked
            if each.parked:
                each.tried, each.parked, each.due_at = 0, False, min(each.due_at, self.now)
                each.release()
                self._lose(each)

    @rule(limit=LIMITS, at_once=ENDS)
    def are_claimed(self, limit: int, *, at_once: bool) -> None:
        with self.store.transaction() as tx:
            claimed = tx.athletes.claim_due_syncs(self.now, limit)
        free = [x for x in self.lists.values() if x.due(self.now) and not (x.claimed or x.held)]
        for each in free:
            each.parked = each.tried >= PARKED_AFTER
        waiting = [each for each in free if not each.parked]
        named = [next(each for each in waiting if each.id == found) for found in claimed]
        assert len(set(claimed)) == len(claimed)
        assert [x.due_at for x in named] == sorted(x.due_at for x in waiting)[:limit]
        for each in named:
            each.claimed = True
            self.jobs.append(each)
            if at_once:
                self.one_begins(len(self.jobs) - 1, last=False)

    @precondition(lambda self: self.jobs)
    @rule(number=WHICH, last=ENDS)
    def one_begins(self, number: int, *, last: bool) -> None:
        """Only where nobody has it in hand, however often the queue asks."""
        if (each := asked(self.jobs, number, last=last)) is None:
            return
        free = each in self.lists.values() and each.due(self.now) and not each.held
        with self.store.transaction() as tx:
            begun = tx.parking.begin_sync(each.id, self.now)
        assert (begun is not None) == (free and each.tried < PARKED_AFTER)
        if begun is not None:
            assert not any(reader.of is each and reader.holds for reader in self.readers), "two hold it"
            each.tried, each.held = each.tried + 1, True
            self.readers.append(Reader(each))
            self.told["begun"] += 1

    @precondition(lambda self: self.readers)
    @rule(number=WHICH)
    def one_goes_on(self, number: int) -> None:
        if reader := nth(self.readers, number):
            with self.store.transaction() as tx:
                tx.parking.hold_sync(reader.of.id)
            if reader.of.held is not None:
                reader.of.held = True

    @precondition(lambda self: self.readers)
    @rule(number=WHICH, end=st.sampled_from(("done", "failed", "put off")))
    def one_ends(self, number: int, end: str) -> None:
        if (reader := nth(self.readers, number)) is None:
            return
        self.readers.remove(reader)
        each = reader.of
        with self.store.transaction() as tx:
            self._end(tx, each, end)
        each.due_at = self.now + (NEXT if end == "done" else RETRY)
        each.release()
        if end == "done":
            each.tried, each.parked = 0, False
        elif end == "put off":
            each.tried = max(each.tried - 1, 0)
        self.told["done"] += end == "done"
        # Who comes back after its lease gives away what is another's by now: to read twice does no harm.
        self._lose(each)

    @precondition(lambda self: self.readers)
    @rule(number=WHICH, writing=ENDS)
    def a_worker_dies(self, number: int, *, writing: bool) -> None:
        if reader := nth(self.readers, number):
            self.readers.remove(reader)
            reader.holds = False
            if writing:
                self.dies_writing(lambda tx: self._end(tx, reader.of, "done"))

    def settle(self) -> None:
        self.now += NEXT
        self.readers.clear()
        for number in range(len(self.lists)):
            self.lease_ends(number)
        self.are_claimed(4, at_once=False)
        for number in range(len(self.lists)):
            self.admin_frees(number)
        self.are_claimed(4, at_once=False)
        while self.jobs:
            self.one_begins(0, last=True)
        while self.readers:
            self.one_ends(0, "done")
        self.as_in_the_model()
        assert not any(each.due(self.now) for each in self.lists.values()), "a sync was lost"

    def _end(self, tx: Transaction, each: Reading, end: str) -> None:
        if end == "done":
            tx.athletes.synced(each.id, self.now, zone=None, next_sync_at=self.now + NEXT)
        elif end == "failed":
            tx.athletes.sync_failed(each.id, "code", self.now + RETRY)
        else:
            tx.athletes.sync_put_off(each.id, "code", self.now + RETRY)

    def _lose(self, each: Reading) -> None:
        for reader in self.readers:
            reader.holds &= reader.of is not each

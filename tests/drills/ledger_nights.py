"""The ledger of nights: claimed, begun, judged once, failed, given up on, freed."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy.exc import IntegrityError

from service.domain.night import due_instant, next_night, nights_due
from service.store.athletes import PARKED_AFTER
from service.store.claims import SUSPECT_AFTER
from service.store.session import Transaction
from tests.drills.ledger_book import ENDS, LEASE, LIMITS, WHICH, ZONES, Book, asked, nth
from tests.store.samples import SILENT, assessment

DAY = timedelta(days=1)
RETRY = timedelta(minutes=15)
ROWS = f"""SELECT id, next_night, night_attempts, night_error IS NOT NULL, night_retry_at,
    {LEASE.format("night_lease_until")}, night_parked_at IS NOT NULL FROM athlete"""
ENDED = "UPDATE athlete SET night_lease_until = night_lease_until - interval '1 hour' WHERE id = %s"
TRIED = "UPDATE athlete SET night_attempts = %s WHERE id = %s"


@dataclass(eq=False)
class Slot:
    """Whose turn it is, as the model knows it. ``owed`` are nights that came while they were connected."""

    id: UUID
    zone: str
    first: date
    next: date
    connected: bool = True
    last_at: datetime | None = None
    tried: int = 0
    failed: bool = False
    retry: datetime | None = None
    lease: bool | None = None
    parked: bool = False
    judged: set[date] = field(default_factory=set)
    passed_over: set[date] = field(default_factory=set)

    @property
    def at(self) -> datetime:
        return due_instant(self.next, self.zone)

    @property
    def suspect(self) -> bool:
        return self.tried >= SUSPECT_AFTER and not self.failed

    def due(self, now: datetime) -> bool:
        return self.connected and self.at <= now and not self.parked

    def free(self) -> None:
        self.tried, self.failed, self.retry, self.lease, self.parked = 0, False, None, None, False


@dataclass(eq=False)
class Judge:
    """A worker amid the nights that were due when it began."""

    slot: Slot
    nights: list[date]


class Nights(Book):
    def __init__(self) -> None:
        super().__init__()
        self.slots: dict[int, Slot] = {}
        self.jobs: list[Slot] = []
        self.judges: list[Judge] = []

    def compare(self, tx: Transaction) -> None:
        kept = {tuple(row) for row in tx.connection.exec_driver_sql(ROWS)}
        assert kept == {
            (slot.id, slot.next, slot.tried, slot.failed, slot.retry, slot.lease, slot.parked)
            for slot in self.slots.values()
        }
        nights = tx.connection.exec_driver_sql("SELECT athlete_id, night FROM night").all()
        assert sorted(map(tuple, nights)) == sorted((s.id, n) for s in self.slots.values() for n in s.judged)
        assert all(slot.tried <= PARKED_AFTER for slot in self.slots.values())

    def came(self, seat: int, *, known: bool) -> None:
        newest = next_night(self.now, ZONES[seat]) - DAY
        if not known:
            self.slots[seat] = Slot(self.seats[seat], ZONES[seat], newest, newest)
            return
        slot = self.slots[seat]
        slot.passed_over |= {slot.next + n * DAY for n in range((newest - slot.next).days)}
        slot.next, slot.connected = max(slot.next, newest), True
        slot.free()

    def left(self, seat: int) -> None:
        self.slots[seat].connected, self.slots[seat].lease = False, None

    def gone(self, seat: int) -> None:
        del self.slots[seat]

    @precondition(lambda self: any(slot.lease for slot in self.slots.values()))
    @rule(number=WHICH)
    def lease_ends(self, number: int) -> None:
        if slot := nth([slot for slot in self.slots.values() if slot.lease], number):
            self.run(ENDED, slot.id)
            slot.lease = False

    @rule(number=WHICH, times=st.sampled_from((SUSPECT_AFTER, PARKED_AFTER - 1)))
    def has_been_tried(self, number: int, times: int) -> None:
        """A long bad past, without its hundred steps."""
        if (slot := nth(list(self.slots.values()), number)) and slot.tried < times:
            self.run(TRIED, times, slot.id)
            slot.tried = times

    @precondition(lambda self: any(slot.parked for slot in self.slots.values()))
    @rule(number=WHICH)
    def admin_frees(self, number: int) -> None:
        if slot := nth(list(self.slots.values()), number):
            with self.store.transaction() as tx:
                assert tx.parking.unpark(slot.id, self.now) == slot.parked
            if slot.parked:
                slot.tried, slot.retry, slot.lease, slot.parked = 0, None, None, False

    @rule(limit=LIMITS, at_once=ENDS)
    def are_claimed(self, limit: int, *, at_once: bool) -> None:
        """As the clock does: give up on what is spent, then name what is due and free."""
        with self.store.transaction() as tx:
            parked = tx.parking.park_nights(self.now)
            claimed = tx.athletes.claim_due_nights(self.now, limit, grace_s=0)
        slots = list(self.slots.values())
        spent = [s for s in slots if s.due(self.now) and s.tried >= PARKED_AFTER and not s.lease]
        assert set(parked) == {slot.id for slot in spent}
        for slot in spent:
            slot.parked = True
        due = [s for s in slots if s.due(self.now) and not s.lease and (s.retry or self.now) <= self.now]
        suspects = sorted((slot for slot in due if slot.suspect), key=lambda slot: (slot.tried, slot.at))
        in_hand = any(slot.suspect and not slot.parked and slot.lease for slot in slots)
        left_out = suspects if in_hand else suspects[1:]
        named = sorted((slot for slot in due if slot not in left_out), key=lambda slot: slot.at)[:limit]
        assert claimed == [slot.id for slot in named]
        for slot in named:
            slot.lease = True
            self.jobs.append(slot)
            if at_once:
                self.one_begins(len(self.jobs) - 1, last=False)

    @precondition(lambda self: self.jobs)
    @rule(number=WHICH, last=ENDS)
    def one_begins(self, number: int, *, last: bool) -> None:
        """The queue hands a job out, and may do so again."""
        if (slot := asked(self.jobs, number, last=last)) is None:
            return
        due = slot in self.slots.values() and slot.due(self.now) and slot.tried < PARKED_AFTER
        with self.store.transaction() as tx:
            begun = tx.parking.begin_nights([slot.id], self.now)
        assert bool(begun) == due
        if due:
            slot.tried, slot.failed, slot.lease = slot.tried + 1, False, True
            self.judges.append(Judge(slot, list(nights_due(slot.next, slot.zone, self.now, slot.last_at))))
            self.told["begun"] += 1

    @precondition(lambda self: self.judges)
    @rule(number=WHICH)
    def one_is_judged(self, number: int) -> None:
        """The next of a worker's nights: recorded once, whoever comes, and the slot moves on."""
        if (judge := nth(self.judges, number)) is None:
            return
        slot, night = judge.slot, judge.nights.pop(0)
        if not judge.nights:
            self.judges.remove(judge)
        if slot not in self.slots.values():
            with suppress(IntegrityError):  # of who was erased no row can be written
                self.dies_writing(lambda tx: self._judge(tx, slot, night))
            return
        with self.store.transaction() as tx:
            new = self._judge(tx, slot, night)
        assert new == (night not in slot.judged), "judged twice"
        slot.judged.add(night)
        self.told["done"] += new
        if slot.next <= night:
            slot.next, slot.last_at = night + DAY, due_instant(night, slot.zone)
        slot.free()

    @precondition(lambda self: self.judges)
    @rule(number=WHICH)
    def one_fails(self, number: int) -> None:
        if judge := nth(self.judges, number):
            self.judges.remove(judge)
            with self.store.transaction() as tx:
                tx.athletes.night_failed(judge.slot.id, "code", self.now + RETRY)
            judge.slot.failed, judge.slot.retry, judge.slot.lease = True, self.now + RETRY, None

    @precondition(lambda self: self.judges)
    @rule(number=WHICH, writing=ENDS)
    def a_worker_dies(self, number: int, *, writing: bool) -> None:
        if judge := nth(self.judges, number):
            self.judges.remove(judge)
            if writing and judge.slot in self.slots.values():
                self.dies_writing(lambda tx: self._judge(tx, judge.slot, judge.nights[0]))

    def settle(self) -> None:
        self.now += DAY
        for number in range(len(self.slots)):
            self.lease_ends(0)
            self.are_claimed(4, at_once=False)
            self.admin_frees(number)
        self.jobs = [slot for slot in self.slots.values() if slot.due(self.now)]
        while self.jobs:
            self.one_begins(0, last=True)
        while self.judges:
            self.one_is_judged(0)
        self.as_in_the_model()
        for slot in self.slots.values():
            owed = {slot.first + n * DAY for n in range((slot.next - slot.first).days)}
            assert not slot.connected or slot.at > self.now
            assert not slot.connected or owed == slot.judged | slot.passed_over, "a night was lost"

    def _judge(self, tx: Transaction, slot: Slot, night: date) -> bool:
        following, at = night + DAY, due_instant(night, slot.zone)
        new = tx.nights.record(slot.id, night, assessment(night), SILENT, self.now, "")
        tx.athletes.all_judged([(slot.id, following, due_instant(following, slot.zone), at)])
        return new

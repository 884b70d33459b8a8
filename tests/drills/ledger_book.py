"""What the state machines of drill ``ledger`` share: a store, a time, athletes who come and go.

A machine plays the clock, the queue and the workers at once, step by step, and keeps a plain model beside
the database. After every step both must say the same.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from service.store.holdings import tables_of_athlete
from service.store.session import Store, Transaction
from tests.store.samples import NOW, SCOPES

T = TypeVar("T")
WHICH = st.integers(0, 11)
"""Which of the things there are: counted round and round, so that every draw means one of them."""
LIMITS = st.integers(1, 4)
ENDS = st.booleans()
HOURS = st.sampled_from((0.1, 1.0, 5.0, 24.0))
ZONES = ("UTC", "Asia/Kolkata", "America/Los_Angeles")
A_SECOND = timedelta(seconds=1)
"""No two things fall due at one instant: which comes first is then no matter of chance."""
WIPE = "DELETE FROM athlete; DELETE FROM mail; DELETE FROM tombstone"
LEASE = "CASE WHEN {0} IS NOT NULL THEN {0} > clock_timestamp() END"
"""How a lease is told, and how models keep it: none, running, or ended."""


class Rolled(Exception):
    """The worker dies before its transaction commits."""


class Book(RuleBasedStateMachine):
    """Three athletes in three zones, by their seats. ``told`` counts over all runs."""

    store: ClassVar[Store]
    told: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.seats: dict[int, UUID] = {}
        self.leaving: set[int] = set()
        self.erased: list[UUID] = []
        self.told["runs"] += 1
        self.told["steps"] -= 1  # the first look is before the first step

    @initialize()
    def begin(self) -> None:
        with self.store.transaction() as tx:
            tx.connection.exec_driver_sql(WIPE)
        for seat in range(len(ZONES)):
            self.comes(seat)

    @rule(hours=HOURS)
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    @rule(seat=WHICH)
    def leaves(self, seat: int) -> None:
        """All work of theirs is called off; the rows wait to be erased."""
        if (seat := seat % len(ZONES)) in self.seats and seat not in self.leaving:
            with self.store.transaction() as tx:
                tx.athletes.disconnect(self.seats[seat])
            self.leaving.add(seat)
            self.left(seat)

    @precondition(lambda self: self.leaving)
    @rule(seat=WHICH)
    def is_erased(self, seat: int) -> None:
        """Every row goes; whoever still works for them finds nothing to write to."""
        if (seat := seat % len(ZONES)) in self.leaving:
            with self.store.transaction() as tx:
                assert tx.athletes.forget(self.seats[seat], self.now)
            self.leaving.remove(seat)
            self.erased.append(self.seats.pop(seat))
            self.gone(seat)

    @rule(seat=WHICH)
    def comes(self, seat: int) -> None:
        """For the first time, again, or once more."""
        seat %= len(ZONES)
        self.now += A_SECOND
        with self.store.transaction() as tx:
            athlete = tx.athletes.connect(seat, SCOPES, ZONES[seat], self.now).id
        assert athlete not in self.erased
        known = seat in self.seats
        assert not known or self.seats[seat] == athlete
        self.seats[seat] = athlete
        self.leaving.discard(seat)
        self.came(seat, known=known)

    @invariant()
    def as_in_the_model(self) -> None:
        self.told["steps"] += 1
        self.now += A_SECOND
        with self.store.transaction() as tx:
            self.compare(tx)

    def teardown(self) -> None:
        """At the end nobody dies any more: what is owed is done, and of the erased there is no row."""
        self.settle()
        with self.store.transaction() as tx:
            for table in tables_of_athlete():
                key = "id" if table.name == "athlete" else "athlete_id"
                query = f"SELECT count(*) FROM {table.name} WHERE {key} = ANY(%s)"
                assert tx.connection.exec_driver_sql(query, (self.erased,)).scalar_one() == 0, table.name

    def dies_writing(self, work: Callable[[Transaction], object]) -> None:
        """All of ``work`` is written, and none of it is committed."""
        self.told["crashes"] += 1
        with suppress(Rolled), self.store.transaction() as tx:
            work(tx)
            raise Rolled

    def run(self, sql: str, *values: Any) -> None:
        """What no worker does: move the database's clock on, as far as a row can tell."""
        with self.store.transaction() as tx:
            tx.connection.exec_driver_sql(sql, values)

    def compare(self, tx: Transaction) -> None:
        """The rows are what the model says."""
        raise NotImplementedError

    def came(self, seat: int, *, known: bool) -> None:
        """Somebody has this seat now, or has it again."""

    def left(self, seat: int) -> None:
        """Their work is called off."""

    def gone(self, seat: int) -> None:
        """They are erased."""

    def settle(self) -> None:
        """Do all that is owed, and see that there was nobody to whom it was denied."""
        raise NotImplementedError


def asked(jobs: list[T], number: int, *, last: bool) -> T | None:
    """What the queue hands out; unless for the ``last`` time, it may do so again."""
    job = nth(jobs, number)
    if last and job is not None:
        jobs.remove(job)
    return job


def nth(things: Sequence[T], number: int) -> T | None:
    return things[number % len(things)] if things else None

"""Nights that fail again and again are parked, seen, and freed by an admin; nobody else's night suffers."""

from datetime import timedelta
from uuid import UUID

from service.store.athletes import PARKED_AFTER
from service.store.session import Store
from service.store.vitals import Vitals
from tests.store.samples import NOW, SCOPES

LATER = NOW + timedelta(days=2)


def connected(store: Store, number: int = 7) -> UUID:
    with store.transaction() as tx:
        return tx.athletes.connect(number, SCOPES, "UTC", NOW).id


def try_and_die(store: Store, athlete: UUID, times: int) -> None:
    """A worker that begins the night and never ends it."""
    for _ in range(times):
        with store.transaction() as tx:
            assert tx.parking.begin_nights([athlete], LATER, lease_s=0)


def vitals(store: Store) -> Vitals:
    with store.transaction() as tx:
        return tx.vitals.read(LATER)


def test_the_tenth_attempt_is_the_last(store: Store) -> None:
    """Parked once, counted, and neither claimed nor begun any more."""
    athlete, other = connected(store), connected(store, 8)
    try_and_die(store, athlete, PARKED_AFTER - 1)
    with store.transaction() as tx:
        assert tx.parking.park_nights(LATER) == []
    try_and_die(store, athlete, 1)
    with store.transaction() as tx:
        assert tx.parking.park_nights(LATER) == [athlete]
        assert tx.parking.park_nights(LATER) == []
        assert tx.parking.begin_nights([athlete], LATER) == []
        assert tx.athletes.claim_due_nights(LATER, 10, grace_s=0) == [other]
    assert vitals(store).parked_nights == 1


def test_a_job_that_comes_twice_is_no_eleventh_attempt(store: Store) -> None:
    """Neither of a night nor of a sync, although no clock has parked them yet."""
    athlete = connected(store)
    try_and_die(store, athlete, PARKED_AFTER)
    with store.transaction() as tx:
        assert tx.parking.begin_nights([athlete], LATER) == []
        for _ in range(PARKED_AFTER):
            assert tx.parking.begin_sync(athlete, LATER, lease_s=-1) is not None
        assert tx.parking.begin_sync(athlete, LATER) is None


def test_packing_that_kills_its_worker_is_left_to_the_night(store: Store) -> None:
    """Twice; the night itself goes on to the tenth attempt, alone."""
    athlete = connected(store)
    with store.transaction() as tx:
        for _ in range(2):
            assert tx.parking.begin_packing(athlete) is not None
        assert tx.parking.begin_packing(athlete) is None
        tx.parking.no_attempt(athlete)
        assert tx.parking.begin_packing(athlete) is not None
        assert tx.parking.begin_nights([athlete], LATER, lease_s=0)


def test_a_verdict_that_comes_late_frees_the_night(store: Store) -> None:
    """Its worker was given up on and has done it after all: nobody is left waiting for an admin."""
    athlete = connected(store)
    try_and_die(store, athlete, PARKED_AFTER)
    with store.transaction() as tx:
        tx.parking.park_nights(LATER)
        tx.athletes.all_judged([(athlete, LATER.date() + timedelta(days=1), LATER + timedelta(days=1), None)])
    assert vitals(store).parked_nights == 0


def test_claims_that_nobody_follows_are_no_attempts(store: Store) -> None:
    """An hour without a worker parks nobody."""
    athlete = connected(store)
    for _ in range(PARKED_AFTER + 5):
        with store.transaction() as tx:
            assert tx.athletes.claim_due_nights(LATER, 10, grace_s=0, lease_s=0) == [athlete]
    with store.transaction() as tx:
        assert tx.parking.park_nights(LATER) == []
        assert tx.parking.tried_before([athlete]) == []


def test_who_failed_before_is_named(store: Store) -> None:
    """So that the clock gives that night a job of its own."""
    athlete, other = connected(store), connected(store, 8)
    try_and_die(store, athlete, 1)
    with store.transaction() as tx:
        assert tx.parking.tried_before([athlete, other]) == [athlete]


def test_of_what_workers_may_die_of_one_is_tried_at_a_time(store: Store) -> None:
    """The least tried first; a night that ended in an error is no suspect; the others are not held up."""
    deadly, unlucky, failing, fresh = (connected(store, number) for number in (7, 8, 9, 10))
    try_and_die(store, deadly, 5)
    try_and_die(store, unlucky, 2)
    try_and_die(store, failing, 3)
    with store.transaction() as tx:
        tx.athletes.night_failed(failing, "code", LATER)
        assert set(tx.athletes.claim_due_nights(LATER, 10, grace_s=0)) == {unlucky, failing, fresh}
        assert tx.athletes.claim_due_nights(LATER, 10, grace_s=0) == []
        tx.athletes.all_judged([(unlucky, LATER.date() + timedelta(days=1), LATER + timedelta(days=1), None)])
        assert tx.athletes.claim_due_nights(LATER, 10, grace_s=0) == [deadly]


def test_a_look_that_found_nothing_due_is_no_attempt(store: Store) -> None:
    athlete = connected(store)
    try_and_die(store, athlete, 1)
    with store.transaction() as tx:
        tx.parking.no_attempt(athlete)
        assert tx.parking.tried_before([athlete]) == []


def test_an_admin_frees_it(store: Store) -> None:
    """With all its attempts; who is not parked is not touched."""
    athlete = connected(store)
    try_and_die(store, athlete, PARKED_AFTER)
    with store.transaction() as tx:
        tx.parking.park_nights(LATER)
        assert tx.parking.unpark(athlete, LATER)
        assert not tx.parking.unpark(athlete, LATER)
        assert tx.athletes.claim_due_nights(LATER, 10, grace_s=0) == [athlete]
    assert vitals(store).parked_nights == 0


def test_coming_back_frees_it_too(store: Store) -> None:
    """Fresh consent is a fresh start."""
    athlete = connected(store)
    try_and_die(store, athlete, PARKED_AFTER)
    with store.transaction() as tx:
        tx.parking.park_nights(LATER)
    connected(store)
    assert vitals(store).parked_nights == 0

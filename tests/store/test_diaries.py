"""Packed diaries: kept, found true or not by the rows themselves, and gone with them."""

from dataclasses import replace
from uuid import UUID

import pytest

from service.domain.athlete import Units
from service.domain.history import CheckIn, Profile, StrengthHabit
from service.domain.packed import PackedAnswers
from service.store.diaries import KeptDiary
from service.store.session import Store, Transaction
from tests.store.samples import DAY, NOW, SCOPES, TODAY, detailed, packed, run

ANSWERS = PackedAnswers(TODAY, b"\x03")
SINCE = NOW - 700 * DAY


@pytest.fixture
def kept(store: Store, athlete: UUID) -> Store:
    """A store with two runs and a morning's answers, and a diary made from them."""
    with store.transaction() as tx:
        tx.activities.upsert(athlete, [run(1), detailed(2)], NOW)
        tx.checkins.put(athlete, CheckIn(TODAY, legs=2), NOW)
        own = diary(tx, athlete)
        tx.diaries.keep_sessions(athlete, packed(), own.sessions.mark, SINCE, NOW)
        tx.diaries.keep_answers(athlete, ANSWERS, own.answers.mark)
    return store


def diary(tx: Transaction, athlete: UUID) -> KeptDiary:
    return tx.diaries.of_many([athlete], SINCE)[athlete]


def test_nothing_is_kept_at_first(store: Store, athlete: UUID) -> None:
    """Whoever has no diary is named all the same, with the marks to make one."""
    with store.transaction() as tx:
        own = diary(tx, athlete)
    assert (own.sessions.packed, own.sessions.true, own.answers.packed, own.answers.true) == (None, False) * 2
    assert own.answers.mark == "0:0"


def test_it_comes_back_as_it_was(kept: Store, athlete: UUID) -> None:
    """Byte for byte, and true as long as nothing changes."""
    with kept.transaction() as tx:
        own = diary(tx, athlete)
        assert diary(tx, tx.athletes.connect(8, SCOPES, "UTC", NOW).id).sessions.packed is None
    assert (own.sessions.packed, own.answers.packed) == (packed(), ANSWERS)
    assert own.sessions.true
    assert own.answers.true


def test_the_same_rows_read_again_change_nothing(kept: Store, athlete: UUID) -> None:
    """A list that shows what is known only renews it."""
    with kept.transaction() as tx:
        tx.activities.upsert(athlete, [run(1), run(2)], NOW + DAY)
        assert diary(tx, athlete).sessions.true


CHANGES = {
    "a new run": lambda tx, a: tx.activities.upsert(a, [run(3)], NOW + DAY),
    "an edited run": lambda tx, a: tx.activities.upsert(a, [run(1, distance_m=9_000.0)], NOW + DAY),
    "a heart rate": lambda tx, a: tx.activities.upsert(a, [run(1, average_hr=150.0)], NOW + DAY),
    "a run's detail": lambda tx, a: tx.activities.upsert(a, [detailed(1)], NOW + DAY),
    "a heart rate told": lambda tx, a: tx.athletes.set_profile(a, Profile(max_hr=190), Units.METRIC),
    "an effort told": lambda tx, a: tx.checkins.put(a, CheckIn(TODAY, exertion=7), NOW),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_sessions_makes_it_untrue(kept: Store, athlete: UUID, change) -> None:
    """Whoever writes the rows need not know that there is a diary."""
    with kept.transaction() as tx:
        change(tx, athlete)
        own = diary(tx, athlete)
    assert (own.sessions.true, own.answers.true) == (False, True)


GONE = {
    "deleted": lambda tx, a: tx.activities.remove(a, "strava", "1"),
    "no longer listed": lambda tx, a: tx.activities.remove_unseen(a, "strava", ["2"], NOW - 9 * DAY, NOW),
    "hidden": lambda tx, a: tx.activities.hide(a, "strava", "1", NOW),
}


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
def test_what_is_gone_at_its_source_is_not_kept_packed(kept: Store, athlete: UUID, gone) -> None:
    """At once: the next night may be far off, or parked."""
    with kept.transaction() as tx:
        gone(tx, athlete)
        assert diary(tx, athlete).sessions.packed is None


def test_a_list_without_deletions_leaves_it(kept: Store, athlete: UUID) -> None:
    """Nothing was removed, so nothing changed."""
    with kept.transaction() as tx:
        assert tx.activities.remove_unseen(athlete, "strava", ["1", "2"], NOW - 9 * DAY, NOW) == 0
        assert diary(tx, athlete).sessions.true


def test_another_answer_makes_only_the_answers_untrue(kept: Store, athlete: UUID) -> None:
    """They are made anew in no time; the sessions stay."""
    with kept.transaction() as tx:
        tx.checkins.put(athlete, CheckIn(TODAY, soreness=2), NOW)
        own = diary(tx, athlete)
    assert (own.sessions.true, own.answers.true) == (True, False)


def test_an_effort_is_no_morning(kept: Store, athlete: UUID) -> None:
    """Told of a day that had no answers it leaves those as they are; of years ago it changes nothing."""
    with kept.transaction() as tx:
        tx.checkins.put(athlete, CheckIn(SINCE.date() - DAY, exertion=7), NOW)
        assert diary(tx, athlete).sessions.true
        tx.checkins.put(athlete, CheckIn(TODAY - DAY, exertion=7), NOW)
        own = diary(tx, athlete)
    assert (own.sessions.true, own.answers.true) == (False, True)


def test_strength_told_changes_no_load(kept: Store, athlete: UUID) -> None:
    """It is asked of the profile itself."""
    with kept.transaction() as tx:
        profile = Profile(strength_habit=StrengthHabit.WEEKLY, injured_last_year=True)
        tx.athletes.set_profile(athlete, profile, Units.IMPERIAL)
        assert diary(tx, athlete).sessions.true


def test_what_no_night_looks_back_on_changes_nothing(kept: Store, athlete: UUID) -> None:
    """Sessions of years ago come with an archive."""
    with kept.transaction() as tx:
        tx.activities.upsert(athlete, [run(800)], NOW + DAY)
        assert diary(tx, athlete).sessions.true


def test_a_newer_one_takes_its_place(kept: Store, athlete: UUID) -> None:
    """One an athlete, and the answers stay with it."""
    newer = replace(packed(), version="2")
    with kept.transaction() as tx:
        tx.diaries.keep_sessions(athlete, newer, diary(tx, athlete).sessions.mark, SINCE, NOW)
        own = diary(tx, athlete)
    assert (own.sessions.packed, own.sessions.true, own.answers.packed) == (newer, True, ANSWERS)


def test_what_was_deleted_meanwhile_does_not_come_back(kept: Store, athlete: UUID) -> None:
    """Made from rows that are not there any more, it is not kept."""
    with kept.transaction() as tx:
        before = diary(tx, athlete).sessions.mark
        tx.activities.hide(athlete, "strava", "1", NOW)
        tx.diaries.keep_sessions(athlete, packed(), before, SINCE, NOW)
        assert diary(tx, athlete).sessions.packed is None


def test_it_lives_no_longer_than_its_sessions_may(kept: Store, athlete: UUID) -> None:
    """Retention counts from when they were read for it."""
    with kept.transaction() as tx:
        assert tx.diaries.purge(NOW) == 0
        assert tx.diaries.purge(NOW + DAY) == 1
        assert diary(tx, athlete).sessions.packed is None


def test_it_goes_with_rows_that_nobody_renewed(kept: Store, athlete: UUID) -> None:
    """However lately it was packed from them."""
    with kept.transaction() as tx:
        tx.activities.delete_older_than(NOW)
        assert diary(tx, athlete).sessions.true
        tx.activities.delete_older_than(NOW + DAY)
        assert diary(tx, athlete).sessions.packed is None

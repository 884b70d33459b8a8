"""Sessions: idempotent, guarded by when they were read, and complete when they come back."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from service.domain.activity import Activity, Source
from service.store.activities import Upserted
from service.store.session import Store
from tests.store.samples import DAY, HOUR, NOW, SCOPES, detailed, run

LONG_AGO = NOW - 1000 * DAY


def kept(store: Store, athlete: UUID) -> list[Activity]:
    with store.transaction() as tx:
        return tx.activities.of(athlete, LONG_AGO)


def upsert(store: Store, athlete: UUID, *activities: Activity, at=NOW) -> Upserted:
    with store.transaction() as tx:
        return tx.activities.upsert(athlete, activities, at)


def test_what_is_read_is_what_was_kept(store: Store, athlete: UUID) -> None:
    """Every field of a session comes back as it was, the oldest session first."""
    whole = detailed(
        1,
        gain_m=120.0,
        max_hr=171.0,
        cadence_spm=172.0,
        temperature_c=-3.5,
        relative_effort=44.0,
        workout_type=1,
        trainer=True,
        manual=True,
        start_hidden=True,
        gear_id="g1",
    )
    upsert(store, athlete, whole, run(2, source=Source.ARCHIVE))
    assert [run(2, source=Source.ARCHIVE), whole] == kept(store, athlete)


def test_counts_tell_new_from_changed_from_known(store: Store, athlete: UUID) -> None:
    """A nightly list says what it brought."""
    assert Upserted(2, 0, 0) == upsert(store, athlete, run(1), run(2))
    assert Upserted(1, 1, 1) == upsert(
        store, athlete, run(1), run(2, distance_m=9000.0), run(3), at=NOW + DAY
    )
    assert Upserted(0, 0, 0) == upsert(store, athlete)


def test_doing_it_twice_changes_nothing(store: Store, athlete: UUID) -> None:
    """The same page again leaves the same rows."""
    upsert(store, athlete, run(1), detailed(2))
    before = kept(store, athlete)
    assert Upserted(0, 0, 2) == upsert(store, athlete, run(1), detailed(2))
    assert before == kept(store, athlete)


def test_the_same_session_twice_on_a_page_is_one(store: Store, athlete: UUID) -> None:
    """Pages shift while they are walked; the later row counts."""
    assert Upserted(1, 0, 0) == upsert(store, athlete, run(1), run(1, distance_m=9.0))
    assert [activity.distance_m for activity in kept(store, athlete)] == [9.0]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (-1, 10_000.0),  # an older reading that arrives late changes nothing
        (0, 12_000.0),  # of two readings at one instant the last written counts
        (1, 12_000.0),  # a newer reading counts
    ],
)
def test_an_older_reading_never_overwrites(
    store: Store, athlete: UUID, minutes: int, expected: float
) -> None:
    """The guard is when the row was read, not when it arrived."""
    upsert(store, athlete, run(1))
    upsert(store, athlete, run(1, distance_m=12_000.0), at=NOW + minutes * HOUR / 60)
    assert [expected] == [activity.distance_m for activity in kept(store, athlete)]


def test_a_summary_does_not_erase_detail(store: Store, athlete: UUID) -> None:
    """The nightly list renews a session that has detail, and the detail stays."""
    upsert(store, athlete, detailed(1))
    upsert(store, athlete, run(1, workout_type=1, distance_m=10_000.4), at=NOW + DAY)
    assert [detailed(1, workout_type=1, distance_m=10_000.4)] == kept(store, athlete)


@pytest.mark.parametrize(
    "edit",
    [
        {"moving_s": 3000},  # cropped
        {"elapsed_s": 3800},  # a pause counted
        {"start": NOW - 25 * HOUR},  # moved
        {"distance_m": 10_002.0},  # corrected on a track
    ],
)
def test_an_edited_session_loses_stale_detail(store: Store, athlete: UUID, edit: dict) -> None:
    """Splits of what the session was before must not be judged; it is asked for again."""
    upsert(store, athlete, detailed(1))
    upsert(store, athlete, run(1, **edit), at=NOW + DAY)
    assert [run(1, **edit)] == kept(store, athlete)
    with store.transaction() as tx:
        assert tx.activities.missing_detail(athlete, LONG_AGO, 10) == ["1"]


def test_detail_is_updated_by_detail(store: Store, athlete: UUID) -> None:
    """A rating given later reaches us with the next detail."""
    upsert(store, athlete, detailed(1))
    assert Upserted(0, 1, 0) == upsert(store, athlete, detailed(1, perceived_exertion=9.0), at=NOW + DAY)
    assert [detailed(1, perceived_exertion=9.0)] == kept(store, athlete)


def test_missing_detail_names_runs_newest_first(store: Store, athlete: UUID) -> None:
    """Only Strava runs that can have detail, within the window and the limit."""
    upsert(
        store,
        athlete,
        run(1),
        detailed(2),  # has it
        run(3, sport="Ride"),  # is no run
        run(4, source=Source.ARCHIVE),  # not from Strava
        run(5, manual=True),  # typed in: Strava has no more
        run(6),
        run(7),
        run(100),  # out of the window
    )
    with store.transaction() as tx:
        assert tx.activities.missing_detail(athlete, NOW - 50 * DAY, 10) == ["1", "6", "7"]
        assert tx.activities.missing_detail(athlete, NOW - 50 * DAY, 2) == ["1", "6"]


def test_deletions_are_mirrored_inside_the_window_only(store: Store, athlete: UUID) -> None:
    """What the list should have shown and did not is gone; what it could not show stays."""
    upsert(store, athlete, *(run(n) for n in range(1, 6)), run(2, source=Source.ARCHIVE))
    with store.transaction() as tx:
        assert tx.activities.remove_unseen(athlete, Source.STRAVA, ["1"], NOW - 3 * DAY, NOW) == 2
    assert [activity.external_id for activity in kept(store, athlete)] == ["5", "4", "2", "1"]


def test_one_session_can_be_removed(store: Store, athlete: UUID) -> None:
    """Removing twice is no error."""
    upsert(store, athlete, run(1))
    with store.transaction() as tx:
        assert tx.activities.remove(athlete, Source.STRAVA, "1")
        assert not tx.activities.remove(athlete, Source.STRAVA, "1")


def test_retention_spares_what_was_renewed_and_the_archive(store: Store, athlete: UUID) -> None:
    """A Strava row lives only as long as it is read again; renewing an unchanged row counts."""
    upsert(store, athlete, run(1), run(2), run(3, source=Source.ARCHIVE))
    upsert(store, athlete, run(1), at=NOW + 6 * DAY)
    with store.transaction() as tx:
        assert tx.activities.delete_older_than(NOW + DAY) == 1
    assert [activity.external_id for activity in kept(store, athlete)] == ["3", "1"]


def test_many_athletes_are_read_at_once(store: Store, athlete: UUID) -> None:
    """Each with its own sessions; who has none has an empty list."""
    nobody = uuid4()
    with store.transaction() as tx:
        other = tx.athletes.connect(8, SCOPES, "UTC", NOW).id
        tx.activities.upsert(athlete, [run(1)], NOW)
        tx.activities.upsert(other, [run(1), run(2)], NOW)
        found = tx.activities.of_many([athlete, other, nobody], LONG_AGO)
        assert {athlete: 1, other: 2} == tx.activities.counts()
        assert {other: 2} == tx.activities.counts([other, nobody])
    assert {athlete: [run(1)], other: [run(2), run(1)], nobody: []} == found


def test_a_laps_start_keeps_its_instant(store: Store, athlete: UUID) -> None:
    """Laps go through JSON and come back aware."""
    upsert(store, athlete, detailed(1))
    assert detailed(1).laps[0].start == kept(store, athlete)[0].laps[0].start


def test_renewing_does_not_touch_an_index(store: Store, athlete: UUID) -> None:
    """The nightly renewal of unchanged rows is a heap-only update: no index grows by it."""
    sessions = [run(n) for n in range(1, 40)]
    upsert(store, athlete, *sessions)
    counts = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'activity'"
    with store.transaction() as tx:
        before = tx.connection.exec_driver_sql(counts).one()  # of this connection, not yet handed on
        tx.activities.upsert(athlete, sessions, NOW + DAY)
        after = tx.connection.exec_driver_sql(counts).one()
    updated, hot = (now - then for now, then in zip(after, before, strict=True))
    assert updated == 39
    assert hot >= 35  # the last row of a page may have to move


def test_replacing_a_field_is_seen(store: Store, athlete: UUID) -> None:
    """Every field of a summary takes part in telling changed from known."""
    base = run(1)
    upsert(store, athlete, base)
    for day, (name, value) in enumerate(
        {"sport": "TrailRun", "gear_id": "g2", "average_hr": None}.items(), 1
    ):
        base = replace(base, **{name: value})
        assert Upserted(0, 1, 0) == upsert(store, athlete, base, at=NOW + day * DAY)
    assert [base] == kept(store, athlete)

"""Athletes: connecting, being claimed by one worker at a time, failing, moving, being forgotten."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest

from service.domain.athlete import AthleteState, Units
from service.domain.event import Aspect, Event, Seal, Subject
from service.domain.finding import Cause
from service.domain.grant import Tokens
from service.domain.history import CheckIn, Profile, Sex, StrengthHabit
from service.domain.night import MailKind
from service.domain.packed import PackedAnswers
from service.domain.reply import Felt, Reply
from service.store.athlete_rows import Overview
from service.store.session import Store
from service.store.tables import Base
from tests.store.samples import DAY, HOUR, MAILED, NOW, SCOPES, TODAY, assessment, letter, packed, run

TOLD = Profile(Sex.FEMALE, 1985, 188, 48, 172, True, StrengthHabit.WEEKLY)


def expire_leases(store: Store) -> None:
    """As if their time had passed: leases run by the database's clock, which no test can set."""
    with store.transaction() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE athlete SET sync_lease_until = sync_lease_until - interval '1 day',"
            " sync_held_until = sync_held_until - interval '1 day',"
            " night_lease_until = night_lease_until - interval '1 day'"
        )


def test_a_new_athlete_is_due_at_once(store: Store) -> None:
    """Connected, to be read now, and to be judged for the night that was due last."""
    with store.transaction() as tx:
        made = tx.athletes.connect(7, SCOPES, "Europe/Oslo", NOW, TOLD)
        assert made == tx.athletes.get(made.id) == tx.athletes.by_strava_id(7)
        assert tx.athletes.claim_due_syncs(NOW, 10) == [made.id]
    assert (made.state, made.scopes, made.profile) == (AthleteState.CONNECTED, SCOPES, TOLD)
    assert (made.next_night, made.next_night_at) == (TODAY, datetime(2026, 3, 1, 3, 30, tzinfo=UTC))


def test_who_is_unknown_is_none(store: Store) -> None:
    """No athlete, no error."""
    with store.transaction() as tx:
        assert tx.athletes.get(uuid.uuid4()) is None
        assert tx.athletes.by_strava_id(404) is None
        assert tx.athletes.all() == []
        assert not tx.athletes.forget(uuid.uuid4())


def test_who_comes_back_is_the_same_athlete(store: Store, athlete: UUID) -> None:
    """Reconnecting keeps id, answers and the nights already judged, and clears what went wrong."""
    with store.transaction() as tx:
        tx.athletes.set_profile(athlete, TOLD, Units.IMPERIAL)
        tx.athletes.all_judged([(athlete, TODAY + DAY, NOW + DAY, None)])
        assert tx.athletes.needs_reconnect(athlete, NOW)
        back = tx.athletes.connect(7, frozenset({"read"}), "UTC", NOW + HOUR, Profile(max_hr=1))
    assert (back.id, back.profile, back.units) == (athlete, TOLD, Units.IMPERIAL)
    assert (back.state, back.scopes, back.zone) == (AthleteState.CONNECTED, frozenset({"read"}), "UTC")
    assert (back.next_night, back.next_night_at) == (TODAY + DAY, NOW + DAY)


def test_pages_of_athletes_follow_each_other(store: Store) -> None:
    """The last id of a page leads to the next; nobody is shown twice."""
    with store.transaction() as tx:
        ids = sorted(tx.athletes.connect(n, SCOPES, "UTC", NOW).id for n in range(5))
        first = tx.athletes.all(limit=3)
        rest = tx.athletes.all(limit=3, after=first[-1].id)
        assert [a.id for a in first + rest] == ids
        assert set(tx.athletes.many([ids[0], uuid.uuid4()])) == {ids[0]}


def test_a_due_sync_is_given_to_one_worker(store: Store, athlete: UUID) -> None:
    """Taken until the lease ends, by the database's clock."""
    with store.transaction() as tx:
        assert tx.athletes.claim_due_syncs(NOW, 10) == [athlete]
        assert tx.athletes.claim_due_syncs(NOW + DAY, 10) == []
    expire_leases(store)
    with store.transaction() as tx:
        assert tx.athletes.claim_due_syncs(NOW, 10) == [athlete]


def test_two_claims_at_once_share_the_rows(store: Store) -> None:
    """While one transaction holds its claim another skips those rows instead of waiting."""
    with store.transaction() as tx:
        ids = {tx.athletes.connect(n, SCOPES, "UTC", NOW).id for n in range(6)}
    with store.transaction() as one, store.transaction() as two:
        first = one.athletes.claim_due_syncs(NOW, 4)
        second = two.athletes.claim_due_syncs(NOW, 4)
    assert (len(first), len(second)) == (4, 2)
    assert {*first, *second} == ids


def test_claims_by_many_threads_never_overlap(store: Store) -> None:
    """Eight workers at one moment: every athlete is given out exactly once."""
    with store.transaction() as tx:
        ids = sorted(tx.athletes.connect(n, SCOPES, "UTC", NOW).id for n in range(24))
    barrier, taken = Barrier(8), []

    def work() -> None:
        barrier.wait()
        with store.transaction() as tx:
            taken.extend(tx.athletes.claim_due_syncs(NOW, 3))

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.transaction() as tx:
        taken.extend(tx.athletes.claim_due_syncs(NOW, 24))
    assert sorted(taken) == ids


def test_longest_waiting_comes_first(store: Store) -> None:
    """A limit never starves anybody."""
    with store.transaction() as tx:
        late = tx.athletes.connect(1, SCOPES, "UTC", NOW).id
        early = tx.athletes.connect(2, SCOPES, "UTC", NOW - HOUR).id
        assert tx.athletes.claim_due_syncs(NOW, 1) == [early]
        assert tx.athletes.claim_due_syncs(NOW, 1) == [late]


def test_a_done_sync_is_due_when_it_says(store: Store, athlete: UUID) -> None:
    """Success clears lease, attempts and error."""
    with store.transaction() as tx:
        tx.athletes.claim_due_syncs(NOW, 1)
        tx.athletes.synced(athlete, NOW, zone=None, next_sync_at=NOW + DAY)
        assert tx.athletes.claim_due_syncs(NOW + 23 * HOUR, 1) == []
        assert tx.athletes.claim_due_syncs(NOW + DAY, 1) == [athlete]
        assert tx.athletes.overview()[0].sync_attempts == 0
        assert tx.athletes.overview()[0].synced_at == NOW


def test_the_web_can_make_a_sync_due(store: Store, athlete: UUID) -> None:
    """Sooner, never later."""
    with store.transaction() as tx:
        tx.athletes.synced(athlete, NOW, zone=None, next_sync_at=NOW + DAY)
        tx.athletes.sync_soon(athlete, NOW + HOUR)
        tx.athletes.sync_soon(athlete, NOW + 2 * HOUR)
        assert tx.athletes.claim_due_syncs(NOW + HOUR, 1) == [athlete]


def test_a_failed_sync_waits_and_says_why(store: Store, athlete: UUID) -> None:
    """Released at once, due later, the code visible to admins."""
    with store.transaction() as tx:
        tx.athletes.claim_due_syncs(NOW, 1)
        tx.athletes.sync_failed(athlete, "strava_unavailable", NOW + HOUR)
        assert tx.athletes.claim_due_syncs(NOW, 1) == []
        assert tx.athletes.claim_due_syncs(NOW + HOUR, 1) == [athlete]
        assert tx.athletes.overview()[0].sync_error == "strava_unavailable"


def test_quota_does_not_count_as_an_attempt(store: Store, athlete: UUID) -> None:
    """Being put off is nobody's fault."""
    with store.transaction() as tx:
        for _ in range(20):
            assert tx.athletes.claim_due_syncs(NOW, 1) == [athlete]
            assert tx.parking.begin_sync(athlete, NOW)
            tx.athletes.sync_put_off(athlete, "quota_exhausted", NOW)
        assert tx.athletes.overview()[0].sync_attempts == 0


def test_a_sync_that_kills_its_worker_is_parked(store: Store, athlete: UUID) -> None:
    """Ten attempts without an end, and the row asks for a person; it can be let go again."""
    for _ in range(10):
        with store.transaction() as tx:
            assert tx.athletes.claim_due_syncs(NOW, 1) == [athlete]
            assert tx.parking.begin_sync(athlete, NOW)
        expire_leases(store)
    with store.transaction() as tx:
        assert tx.athletes.claim_due_syncs(NOW, 1) == []
        assert tx.athletes.overview()[0].parked_at == NOW
        tx.parking.unpark(athlete, NOW)
        assert tx.athletes.claim_due_syncs(NOW, 1) == [athlete]
        assert tx.athletes.overview()[0].parked_at is None


def test_a_sync_that_nobody_came_for_is_no_attempt(store: Store, athlete: UUID) -> None:
    """The workers were away: as soon as they are back they do what waited, without a person's help."""
    for _ in range(20):
        with store.transaction() as tx:
            assert tx.athletes.claim_due_syncs(NOW, 1) == [athlete]
        expire_leases(store)
    with store.transaction() as tx:
        assert tx.parking.begin_sync(athlete, NOW) is not None
        assert tx.athletes.overview()[0].sync_attempts == 1


def test_only_a_due_sync_is_begun(store: Store, athlete: UUID) -> None:
    """Of jobs that have piled up the first does the work; the others cost Strava nothing."""
    with store.transaction() as tx:
        assert tx.parking.begin_sync(athlete, NOW)
        assert tx.athletes.claim_due_syncs(NOW, 1) == []  # it holds the row, too
        tx.athletes.synced(athlete, NOW, zone=None, next_sync_at=NOW + DAY)
        assert tx.parking.begin_sync(athlete, NOW) is None
        assert tx.athletes.needs_reconnect(athlete, NOW)
        assert tx.parking.begin_sync(athlete, NOW + DAY) is None


def test_a_sync_in_hand_is_not_begun_again(store: Store, athlete: UUID) -> None:
    """Two jobs for one row, one of them late: whoever comes second leaves it, for as long as the first holds
    it; of one that died somebody else begins it anew."""
    with store.transaction() as tx:
        assert tx.parking.begin_sync(athlete, NOW)
        assert tx.parking.begin_sync(athlete, NOW) is None
    expire_leases(store)
    with store.transaction() as tx:
        tx.parking.hold_sync(athlete)
        assert tx.parking.begin_sync(athlete, NOW) is None
    expire_leases(store)
    with store.transaction() as tx:
        assert tx.parking.begin_sync(athlete, NOW)
        tx.athletes.sync_failed(athlete, "strava_unavailable", NOW)
        tx.parking.hold_sync(athlete)  # one renewal too late takes nothing in hand
        assert tx.parking.begin_sync(athlete, NOW)


def test_needs_reconnect_is_said_once(store: Store, athlete: UUID) -> None:
    """Only one of two workers tells the athlete; nothing more is read or judged."""
    with store.transaction() as tx:
        assert tx.athletes.needs_reconnect(athlete, NOW)
        assert not tx.athletes.needs_reconnect(athlete, NOW)
        assert tx.athletes.claim_due_syncs(NOW + DAY, 1) == []
        assert tx.athletes.claim_due_nights(NOW + DAY, 1, 0) == []
        found = tx.athletes.get(athlete)
    assert found is not None
    assert found.state is AthleteState.NEEDS_RECONNECT


def test_who_disconnects_is_listed_for_erasure(store: Store, athlete: UUID) -> None:
    """And is neither read nor judged any more."""
    with store.transaction() as tx:
        assert tx.athletes.disconnected() == []
        tx.athletes.disconnect(athlete)
        assert tx.athletes.disconnected() == [athlete]
        assert tx.athletes.claim_due_syncs(NOW, 1) == []


@pytest.mark.parametrize(
    ("synced", "minutes", "claimed"),
    [
        (None, 0, False),  # never read: waits
        (-31, 0, False),  # read too long before the night: waits
        (-30, 0, True),  # read half an hour before: good enough
        (10, 10, True),  # read after it
        (-31, 149, False),  # a night older than the connection: the first list gets the grace, too
        (None, 149, False),  # the same, never read
        (None, 210, True),  # the grace is over, for both: judged with what there is
        (10, -1, False),  # not due yet
    ],
)
def test_a_night_waits_for_a_fresh_sync(
    store: Store, athlete: UUID, synced: int | None, minutes: int, claimed: bool
) -> None:
    """But not longer than the grace, counted from when it was due or, if that was later, connected."""
    due = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)
    minute = timedelta(minutes=1)
    with store.transaction() as tx:
        if synced is not None:
            tx.athletes.synced(athlete, due + synced * minute, zone=None, next_sync_at=due)
        assert tx.athletes.claim_due_nights(due + minutes * minute, 9, 3600) == ([athlete] if claimed else [])


def test_a_claimed_night_is_held_and_advanced(store: Store, athlete: UUID) -> None:
    """One worker judges; then the next night is due at its instant."""
    with store.transaction() as tx:
        assert tx.athletes.claim_due_nights(NOW, 1, 0) == [athlete]
        assert tx.athletes.claim_due_nights(NOW, 1, 0) == []
        tx.athletes.all_judged([(athlete, TODAY + DAY, NOW + DAY, None)])
        judged = tx.athletes.get(athlete)
        assert judged is not None
        assert judged.last_night_at == datetime(2026, 3, 1, 3, 30, tzinfo=UTC)
        assert tx.athletes.claim_due_nights(NOW + DAY - HOUR, 1, 0) == []
        assert tx.athletes.claim_due_nights(NOW + DAY, 1, 0) == [athlete]


def test_the_slot_never_goes_back(store: Store, athlete: UUID) -> None:
    """A worker that comes late with an older night changes nothing but the lease."""
    with store.transaction() as tx:
        tx.athletes.all_judged([(athlete, TODAY + 2 * DAY, NOW + 2 * DAY, None)])
        tx.athletes.all_judged([(athlete, TODAY + DAY, NOW + DAY, None)])
        found = tx.athletes.get(athlete)
    assert found is not None
    assert (found.next_night, found.next_night_at) == (TODAY + 2 * DAY, NOW + 2 * DAY)


def test_the_night_that_was_judged_is_the_one_remembered(store: Store, athlete: UUID) -> None:
    """Not the one the row waited for, where that came too soon after the last and was left out."""
    with store.transaction() as tx:
        tx.athletes.all_judged([(athlete, TODAY + 2 * DAY, NOW + 2 * DAY, NOW + DAY)])
        found = tx.athletes.get(athlete)
    assert found is not None
    assert found.last_night_at == NOW + DAY


def test_a_failed_night_is_tried_again(store: Store, athlete: UUID) -> None:
    """At the time given; the due instant does not move, so the night is not lost."""
    with store.transaction() as tx:
        tx.parking.begin_nights([athlete], NOW)
        tx.athletes.night_failed(athlete, "database_unavailable", NOW + HOUR)
        assert tx.athletes.claim_due_nights(NOW, 1, 0) == []
        assert tx.athletes.claim_due_nights(NOW + HOUR, 1, 0) == [athlete]
        seen = tx.athletes.overview()[0]
    assert (seen.night_error, seen.night_attempts, seen.next_night) == ("database_unavailable", 1, TODAY)


def test_the_first_sync_settles_the_zone(store: Store) -> None:
    """At connect the zone is a guess; the newest night due in the right one is judged first."""
    with store.transaction() as tx:
        made = tx.athletes.connect(7, SCOPES, "UTC", NOW)
        tx.athletes.synced(made.id, NOW, zone="America/Los_Angeles", next_sync_at=NOW + DAY)
        found = tx.athletes.get(made.id)
    assert made.next_night == TODAY
    assert found is not None
    assert (found.zone, found.next_night) == ("America/Los_Angeles", TODAY - DAY)
    assert found.next_night_at == datetime(2026, 2, 28, 12, 30, tzinfo=UTC)


def test_who_travels_keeps_the_night(store: Store, athlete: UUID) -> None:
    """Later zones move the due instant; the local date to be judged next stays."""
    with store.transaction() as tx:
        tx.athletes.all_judged([(athlete, TODAY + DAY, NOW + DAY, None)])
        tx.athletes.synced(athlete, NOW, zone="Asia/Tokyo", next_sync_at=NOW + DAY)
        found = tx.athletes.get(athlete)
        tx.athletes.synced(athlete, NOW, zone="Asia/Tokyo", next_sync_at=NOW + DAY)
        assert tx.athletes.get(athlete) == found
    assert found is not None
    assert (found.next_night, found.next_night_at) == (
        date(2026, 3, 2),
        datetime(2026, 3, 1, 19, 30, tzinfo=UTC),
    )


def test_answers_are_replaced(store: Store, athlete: UUID) -> None:
    """The profile form shows and keeps everything, emptied fields too."""
    with store.transaction() as tx:
        tx.athletes.set_profile(athlete, TOLD, Units.IMPERIAL)
        tx.athletes.set_profile(athlete, replace(TOLD, max_hr=None), Units.METRIC)
        tx.athletes.set_scopes(athlete, frozenset({"read"}))
        found = tx.athletes.get(athlete)
    assert found is not None
    assert (found.profile.max_hr, found.profile.sex, found.units) == (None, Sex.FEMALE, Units.METRIC)
    assert not found.sees_activities


def test_the_overview_counts_and_names_nobody(store: Store, athlete: UUID) -> None:
    """Admins see ids, states and counts; there is no Strava id among them."""
    with store.transaction() as tx:
        tx.activities.upsert(athlete, [run(1), run(2)], NOW)
        seen = tx.athletes.overview()
        assert tx.athletes.overview(after=athlete) == []
    assert [(row.id, row.activities) for row in seen] == [(athlete, 2)]
    assert "strava_id" not in Overview.__slots__


def test_forgetting_leaves_no_row(store: Store, athlete: UUID) -> None:
    """A row in every table of an athlete's; afterwards none, and the neighbour keeps every one."""
    with store.transaction() as tx:
        other = tx.athletes.connect(8, SCOPES, "UTC", NOW).id
        for each in (athlete, other):
            fill(tx, each)
    referring = [table for table in Base.metadata.sorted_tables if "athlete_id" in table.c]
    assert referring, "the test must see the tables"
    with store.transaction() as tx:
        for table in referring:
            assert count(tx, table, athlete) >= 1, f"fill() leaves {table.name} empty"
        assert tx.athletes.forget(athlete, NOW)
        assert {
            table.name: count(tx, table, athlete) for table in referring if count(tx, table, athlete)
        } == {}
        assert all(count(tx, table, other) for table in referring)
        assert not tx.athletes.forget(athlete, NOW)


def test_every_reference_to_an_athlete_goes_with_the_athlete() -> None:
    """A table added without a cascade fails here. The log book alone has none: it is swept by name."""
    loose = []
    for table in Base.metadata.sorted_tables:
        for column in table.c:
            keys = [key for key in column.foreign_keys if key.column.table.name == "athlete"]
            if (column.name == "athlete_id" and not keys) or any(key.ondelete != "CASCADE" for key in keys):
                loose.append(table.name)
    assert loose == ["logbook"]


def test_an_athletes_key_leads_with_the_athlete() -> None:
    """Or, where the reference may be empty, an index or a unique key does."""
    for table in Base.metadata.sorted_tables:
        if "athlete_id" in table.c:
            leading = [next(iter(table.primary_key.columns)).name]
            leading += [next(iter(index.columns)).name for index in table.indexes]
            leading += [
                next(iter(rule.columns)).name for rule in table.constraints if getattr(rule, "columns", None)
            ]
            assert "athlete_id" in leading, table.name


def test_a_tombstone_keeps_late_comers_out(store: Store, athlete: UUID) -> None:
    """It knows the Strava id as an HMAC only, and goes with fresh consent."""
    with store.transaction() as tx:
        tx.athletes.forget(athlete, NOW)
        tx.athletes.forget(athlete)
        assert tx.athletes.is_erased(7)
        assert not tx.athletes.is_erased(8)
        tx.athletes.connect(7, SCOPES, "UTC", NOW)
        assert not tx.athletes.is_erased(7)


def test_forgetting_twice_keeps_one_tombstone(store: Store) -> None:
    """Erased, consented anew, erased again."""
    with store.transaction() as tx:
        for _ in range(2):
            assert tx.athletes.forget(tx.athletes.connect(7, SCOPES, "UTC", NOW).id)
        assert tx.athletes.is_erased(7)


def fill(tx, athlete: UUID) -> None:
    tx.tokens.put(athlete, Tokens("a", "r", NOW))
    tx.consents.give(athlete, "2026-11", NOW)
    tx.activities.upsert(athlete, [run(1)], NOW)
    tx.quarantine.add(athlete, "strava", "1", "start", "missing", NOW)
    tx.nights.record(athlete, TODAY, assessment(warning=True), MAILED, NOW, "d")
    tx.mailbox.put(athlete, MailKind.WARNING, TODAY, letter(), f"<{athlete}@x.test>", NOW)
    tx.addresses.propose(athlete, "runner@example.org", NOW)
    tx.addresses.set_mail(athlete, MailKind.WARNING, on=True)
    tx.checkins.put(athlete, CheckIn(TODAY, legs=2), NOW)
    tx.replies.put(athlete, Reply(TODAY, Felt.YES), NOW)
    tx.replies.mute(athlete, Cause.STRENGTH, TODAY + DAY, NOW)
    tx.preferences.set_quiet_days(athlete, [6])
    upload = tx.uploads.begin(athlete, 3, NOW)
    tx.uploads.add(athlete, upload, 0, b"zip")
    event = Event(1, 2, Subject.ACTIVITY, athlete.int % 1_000_003, Aspect.CREATE, 4)
    tx.inbox.put(event, athlete, Seal.ABSENT, NOW)
    tx.browsers.start("athlete", athlete, NOW, 60, 60)
    tx.logbook.write([{"at": NOW, "event": "sync_done", "athlete": athlete}])
    mark = tx.diaries.of_many([athlete], NOW - 700 * DAY)[athlete].sessions.mark
    tx.diaries.keep_sessions(athlete, packed(), mark, NOW - 700 * DAY, NOW)
    tx.diaries.keep_answers(athlete, PackedAnswers(TODAY, b"\x00"), "1:1")


def count(tx, table, athlete: UUID) -> int:
    return len(tx.connection.execute(table.select().where(table.c.athlete_id == athlete)).all())


def test_an_athlete_whom_a_line_of_the_log_names_just_now_is_claimed(store: Store, athlete: UUID) -> None:
    """Both hold the row: only an erasure must wait for the other."""
    with store.transaction() as writing, store.transaction() as ticking:
        writing.logbook.write([{"at": NOW, "event": "synced", "athlete": str(athlete)}])
        ticking.athletes.sync_soon(athlete, NOW)
        assert ticking.athletes.claim_due_syncs(NOW, 10, 60) == [athlete]

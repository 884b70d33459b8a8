"""Check-ins, consents, heartbeats, log book, quarantine."""

from uuid import UUID, uuid4

import pytest

from service.analyse.constants import load_constants
from service.app import CONFIG
from service.domain.activity import Source
from service.domain.history import CheckIn
from service.store.checkins import FLAG_DAYS
from service.store.session import Store
from tests.store.samples import DAY, HOUR, NOW, SCOPES, TODAY


def test_one_tap_then_the_rest(store: Store, athlete: UUID) -> None:
    """Answers of one morning add up; an answer given again replaces."""
    with store.transaction() as tx:
        tx.checkins.put(athlete, CheckIn(TODAY, legs=2), NOW)
        tx.checkins.put(athlete, CheckIn(TODAY, sleep=4, ill=False, pain=True), NOW)
        tx.checkins.put(athlete, CheckIn(TODAY, legs=3, fatigue=1, soreness=2, mood=5), NOW)
        found = tx.checkins.of(athlete, TODAY)
    assert found == [CheckIn(TODAY, 3, 1, 4, 2, 5, ill=False, pain=True)]


def test_check_ins_of_many_come_oldest_first(store: Store, athlete: UUID) -> None:
    """Since a day; who has none has an empty list."""
    nobody = uuid4()
    with store.transaction() as tx:
        for back in (0, 2, 1):
            tx.checkins.put(athlete, CheckIn(TODAY - back * DAY, legs=4), NOW)
        found = tx.checkins.of_many([athlete, nobody], TODAY - DAY)
    assert found == {athlete: [CheckIn(TODAY - DAY, legs=4), CheckIn(TODAY, legs=4)], nobody: []}


def test_the_latest_consent_counts(store: Store, athlete: UUID) -> None:
    """By time given, not by version."""
    with store.transaction() as tx:
        assert tx.consents.latest(athlete) is None
        tx.consents.give(athlete, "b", NOW)
        tx.consents.give(athlete, "a", NOW + HOUR)
        tx.consents.give(athlete, "b", NOW + 2 * HOUR)
        latest = tx.consents.latest(athlete)
    assert latest is not None
    assert (latest.version, latest.given_at) == ("b", NOW + 2 * HOUR)


def test_the_newest_beat_counts(store: Store) -> None:
    """Two clocks under one name: a late writer does not turn time back."""
    with store.transaction() as tx:
        tx.heartbeats.beat("clock:due_nights", NOW)
        tx.heartbeats.beat("clock:due_nights", NOW - HOUR)
        tx.heartbeats.beat("clock:due_mails", NOW)
        beats = [(beat.name, beat.beat_at) for beat in tx.heartbeats.all()]
    assert beats == [("clock:due_mails", NOW), ("clock:due_nights", NOW)]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["mail_sent", "night_failed", "night_judged"]),  # all, newest first
        ({"event": "night"}, ["night_failed", "night_judged"]),  # beginning of a name
        ({"event": "night_judged"}, ["night_judged"]),  # a whole name
        ({"event": "night%"}, []),  # no wild cards
        ({"level": "warning"}, ["night_failed"]),  # this level and worse
        ({"level": "nonsense"}, ["mail_sent", "night_failed", "night_judged"]),  # unknown: no filter
        ({"since": NOW + HOUR}, ["mail_sent", "night_failed"]),  # from
        ({"until": NOW + HOUR}, ["night_judged"]),  # before
        ({"limit": 1}, ["mail_sent"]),  # a page
    ],
)
def test_the_log_book_is_searched(store: Store, filters: dict, expected: list[str]) -> None:
    """By event, level and time."""
    with store.transaction() as tx:
        tx.logbook.write(
            [
                {"at": NOW.isoformat(), "level": "info", "event": "night_judged"},
                {"at": NOW + HOUR, "level": "error", "event": "night_failed"},
                {"at": NOW + 2 * HOUR, "level": "info", "event": "mail_sent"},
            ]
        )
        assert [entry.event for entry in tx.logbook.search(**filters)] == expected


def test_a_log_row_keeps_its_fields(store: Store, athlete: UUID) -> None:
    """And is found by its athlete; an athlete that is no id is dropped, not the row."""
    with store.transaction() as tx:
        tx.logbook.write([])
        tx.logbook.write([{"at": NOW, "level": "info", "event": "a", "athlete": str(athlete), "count": 3}])
        tx.logbook.write([{"at": NOW, "event": "b", "athlete": "-"}])
        (entry,) = tx.logbook.search(athlete=athlete)
        assert (entry.event, entry.athlete_id, entry.fields) == ("a", athlete, {"count": 3})
        assert tx.logbook.search(event="b")[0].athlete_id is None


def test_old_log_rows_go(store: Store) -> None:
    """After ninety days."""
    with store.transaction() as tx:
        tx.logbook.write([{"at": NOW, "event": "a"}, {"at": NOW + DAY, "event": "b"}])
        assert tx.logbook.purge(NOW + 90 * DAY + HOUR) == 1


def test_what_is_written_about_somebody_forgotten_names_nobody(store: Store, athlete: UUID) -> None:
    """A row may reach the table after its athlete has left it; that they left stays."""
    nobody = uuid4()
    with store.transaction() as tx:
        told = ((athlete, "synced"), (nobody, "synced"), (nobody, "athlete_erased"), ("odd", "started"))
        tx.logbook.write([{"at": NOW, "event": event, "athlete": str(whose)} for whose, event in told])
        assert [entry.event for entry in tx.logbook.search(athlete=nobody)] == ["athlete_erased"]
        assert [entry.event for entry in tx.logbook.search(athlete=athlete)] == ["synced"]
        assert len(tx.logbook.search()) == 4


def test_a_bad_row_is_counted_not_repeated(store: Store, athlete: UUID) -> None:
    """The nightly list brings it again and again; one line says so. Without athlete or id, too."""
    with store.transaction() as tx:
        other = tx.athletes.connect(8, SCOPES, "UTC", NOW).id
        for day in range(3):
            tx.quarantine.add(athlete, Source.STRAVA, "1", "start", "missing", NOW + day * DAY)
            tx.quarantine.add(None, Source.ARCHIVE, None, "row", "not an object", NOW - DAY)
        tx.quarantine.add(other, Source.STRAVA, "1", "start", "missing", NOW)
        rows = tx.quarantine.list()
        assert tx.quarantine.count() == 3
        assert [row.athlete_id for row in tx.quarantine.list(athlete_id=other)] == [other]
        assert tx.quarantine.purge(NOW) == 1
    assert [(row.athlete_id, row.times) for row in rows] == [(athlete, 3), (other, 1), (None, 3)]
    assert (rows[0].source, rows[0].field, rows[0].reason) == (Source.STRAVA, "start", "missing")
    assert (rows[0].first_seen_at, rows[0].last_seen_at) == (NOW, NOW + 2 * DAY)


def test_a_page_remembers_illness_as_long_as_a_night_does() -> None:
    """One says what the other does."""
    assert load_constants(CONFIG / "heuristics.toml").contexts.red_flag_days == FLAG_DAYS

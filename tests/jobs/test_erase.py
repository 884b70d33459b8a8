"""Erasure: the grant is withdrawn, every row is gone, a tombstone and a receipt stay."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from service.domain.night import MailKind
from service.jobs.clock import purge
from service.jobs.deliver import deliver
from service.jobs.erase import erase
from service.jobs.nightly import judge
from service.jobs.sync import deepen, sync
from service.store import tombstones
from tests.apps import an_athlete, connect

STEADY = 7000001
TABLES = """SELECT table_name FROM information_schema.columns
    JOIN information_schema.tables USING (table_name)
    WHERE column_name = 'athlete_id' AND table_type = 'BASE TABLE'"""


def rows_of(dsn, athlete):
    """How many rows each table holds of the athlete."""
    with psycopg.connect(dsn) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        count = "SELECT count(*) FROM {} WHERE athlete_id = %s"
        return {name: connection.execute(count.format(name), [athlete.id]).fetchone()[0] for name in tables}


@pytest.fixture
def athlete(live, strava):
    """An athlete with rows in every book: sessions, a night, an address, tokens, a log row."""
    connected = connect(live, strava, STEADY)
    sync(live, [str(connected.id)])
    judge(live, [str(connected.id)])
    with live.store.transaction() as tx:
        tx.addresses.confirm(tx.addresses.propose(connected.id, "runner@example.org", live.now()), live.now())
        tx.logbook.write([{"at": live.now(), "event": "night_judged", "athlete": connected.id}])
    return connected


def test_nothing_is_left_but_a_tombstone_and_a_receipt(live, athlete, strava):
    """In every table that knows athletes."""
    filled = {name for name, count in rows_of(live.dsn, athlete).items() if count}
    assert filled >= {"activity", "night", "address", "token", "logbook"}
    erase(live, [str(athlete.id)])
    assert set(rows_of(live.dsn, athlete).values()) == {0}
    with live.store.transaction() as tx:
        assert tx.athletes.get(athlete.id) is None
        assert tx.athletes.is_erased(STEADY)
        assert [mail.kind for mail in tx.mailbox.many()] == [MailKind.ERASED]
    assert not strava.athlete("steady")["connected"]


def test_two_workers_write_one_receipt(live, athlete):
    """The second has read the athlete and waits for the row; when it gets there, nobody is left to forget."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with live.store.transaction() as tx:
        tx.athletes.forget(athlete.id, live.now())
        second = threading.Thread(target=erase, args=(live, [str(athlete.id)]))
        second.start()
        deadline = time.monotonic() + 60
        while not tx.connection.exec_driver_sql(waits).scalar_one() and time.monotonic() < deadline:
            time.sleep(0.005)
    second.join(60)
    with live.store.transaction() as tx:
        assert tx.mailbox.many() == []


def test_the_receipt_is_sent(live, athlete):
    """By the queue, to the address that was confirmed."""
    erase(live, [str(athlete.id)])
    deliver(live, [str(mail) for mail in live.queue.of("deliver")])
    assert live.mailer.recipients == ["runner@example.org"]


def test_the_receipt_itself_is_gone_a_day_later(live, athlete, clock):
    """Its row is the last place that holds the address."""
    erase(live, [str(athlete.id)])
    deliver(live, [str(mail) for mail in live.queue.of("deliver")])
    clock.move_to(clock.now() + timedelta(days=1, seconds=1))
    purge(live)
    with live.store.transaction() as tx:
        assert tx.mailbox.many() == []


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500},  # Strava is ill
        {"drop": "before"},  # Strava is away
        {"status": 429, "body": "{}"},  # no calls left
    ],
)
def test_strava_s_trouble_does_not_keep_the_rows(live, athlete, strava, events, trouble):
    """They asked us to forget; tokens nobody holds end by themselves."""
    strava.fault(path="/oauth/revoke", chance=1.0, **trouble)
    erase(live, [str(athlete.id)])
    assert set(rows_of(live.dsn, athlete).values()) == {0}
    assert "revoke_failed" in [event["event"] for event in events]


def test_twice_is_harmless(live, athlete):
    """A job may run again: one receipt."""
    erase(live, [str(athlete.id), str(athlete.id)])
    erase(live, [str(athlete.id)])
    assert len(live.queue.of("deliver")) == 1


def test_who_left_no_address_gets_no_receipt(app):
    """There is nowhere to send it."""
    athlete = an_athlete(app, address=None)
    erase(app, [str(athlete.id)])
    assert app.queue.asked == []


def test_late_jobs_bring_nobody_back(live, athlete, strava):
    """A sync, a night or a detail that was under way finds nobody and writes nothing."""
    erase(live, [str(athlete.id)])
    live.queue.asked.clear()
    for job in (sync, deepen, judge):
        job(live, [str(athlete.id)])
    assert set(rows_of(live.dsn, athlete).values()) == {0}
    assert live.queue.asked == []


class TestJournal:
    """Beside the keyring, so that no restored backup brings anyone back."""

    def kept(self, app, folder):
        return replace(app, settings=app.settings.model_copy(update={"keyring_file": folder / "keyring"}))

    def test_an_erasure_is_noted_before_it_is_done(self, app, tmp_path):
        """By keyed hash and instant."""
        leaving = an_athlete(app)
        erase(self.kept(app, tmp_path), [str(leaving.id)])
        index = app.keyring.strava_index(leaving.strava_id)
        assert tombstones.read(tmp_path / "tombstones") == {index: app.now()}

    def test_a_disk_that_refuses_keeps_nobody_from_being_forgotten(self, app, tmp_path, events):
        """It is said, and the athlete is gone."""
        leaving = an_athlete(app)
        (tmp_path / "tombstones").mkdir()
        erase(self.kept(app, tmp_path), [str(leaving.id)])
        with app.store.transaction() as tx:
            assert tx.athletes.get(leaving.id) is None
        assert [event["event"] for event in events] == ["tombstone_file_failed", "athlete_erased"]

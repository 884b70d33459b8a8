"""Backup, restore and roles: what was there is there again, but nobody who was erased."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from service.backup import load, save
from service.domain.grant import Tokens
from service.errors import DatabaseUnavailable, InputError
from service.store import binaries, tombstones
from service.store.grants import APP, BACKUP, grant
from service.store.session import open_store
from tests.fixtures_postgres import keyring
from tests.store.samples import NOW, SCOPES, run

PASSWORD = "a-password-of-the-tests-alone"


def fill(store, number):
    with store.transaction() as tx:
        athlete = tx.athletes.connect(number, SCOPES, "UTC", NOW)
        tx.tokens.put(athlete.id, Tokens("access", "refresh", NOW))
        tx.activities.upsert(athlete.id, [run(1), run(2)], NOW)
    return athlete


def forget(store, athlete, journal, at):
    """As the job does it."""
    tombstones.note(journal, keyring().strava_index(athlete.strava_id), at)
    with store.transaction() as tx:
        tx.athletes.forget(athlete.id, at)


def as_role(dsn, role):
    return make_url(dsn).set(username=role, password=PASSWORD).render_as_string(hide_password=False)


@pytest.fixture
def dsn(fresh_database_url):
    return fresh_database_url


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "keys" / "tombstones"


def test_what_was_there_is_there_again(dsn, tmp_path, journal):
    """But for who was erased since the backup; and who came back after an erasure stays."""
    journal.parent.mkdir()
    store = open_store(dsn, keyring())
    stays, leaves, returns = fill(store, 1), fill(store, 2), fill(store, 3)
    forget(store, returns, journal, NOW - timedelta(hours=1))
    returns = fill(store, 3)
    file = save(store, dsn, tmp_path, journal, NOW)
    forget(store, leaves, journal, NOW + timedelta(hours=1))
    fill(store, 4)
    store.close()
    assert load(dsn, keyring(), file, journal) == 1
    store = open_store(dsn, keyring())
    with store.transaction() as tx:
        assert tx.activities.counts() == {stays.id: 2, returns.id: 2}
        assert tx.tokens.get(stays.id) == Tokens("access", "refresh", NOW)
        assert tx.athletes.is_erased(2)
        assert not tx.athletes.is_erased(4)
    store.close()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.glob(".*")] == []


def test_the_backup_is_told(dsn, tmp_path, journal):
    """Its age is on the overview; what it wrote of tombstones is not written twice."""
    store = open_store(dsn, keyring())
    journal.parent.mkdir()
    forget(store, fill(store, 1), journal, NOW)
    for hours in (1, 2):
        save(store, dsn, tmp_path, journal, NOW + timedelta(hours=hours))
    with store.transaction() as tx:
        assert tx.vitals.read(NOW).backup_at == NOW + timedelta(hours=2)
    store.close()
    assert len((tmp_path / "tombstones").read_text().splitlines()) == 1


def test_sessions_and_the_queue_stay_out_of_it(dsn, tmp_path, journal):
    """Who restores logs in again; what is due is asked for again."""
    store = open_store(dsn, keyring())
    with store.transaction() as tx:
        tx.browsers.start("visitor", None, NOW, 60, 60)
        tx.connection.exec_driver_sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 't')"
        )
    file = save(store, dsn, tmp_path, journal, NOW)
    store.close()
    load(dsn, keyring(), file, journal)
    with psycopg.connect(dsn) as connection:
        counted = connection.execute(
            "SELECT (SELECT count(*) FROM browser_session), (SELECT count(*) FROM procrastinate_jobs)"
        ).fetchone()
    assert counted == (0, 0)


def test_nothing_is_dropped_for_a_file_that_is_no_backup(dsn, tmp_path, journal):
    """The file is read to its table of contents first."""
    (tmp_path / "x.dump").write_text("no dump")
    with pytest.raises(InputError, match="not a backup"):
        load(dsn, keyring(), tmp_path / "x.dump", journal)
    store = open_store(dsn, keyring())
    fill(store, 1)
    file = save(store, dsn, tmp_path, journal, NOW)
    with psycopg.connect(dsn), pytest.raises(InputError, match="stop every"):
        load(dsn, keyring(), file, journal)
    store.close()


def test_a_journal_cut_short_by_a_crash_is_read(tmp_path):
    """The lines before the last are whole."""
    tombstones.note(tmp_path / "t", b"\x01" * 32, NOW)
    with (tmp_path / "t").open("a") as out:
        out.write("0101 2026-")
    assert tombstones.read(tmp_path / "t") == {b"\x01" * 32: NOW}
    assert tombstones.read(tmp_path / "nowhere") == {}


def test_programs_that_are_too_old_are_not_taken():
    """An older pg_dump cannot read a newer server."""
    with pytest.raises(DatabaseUnavailable, match="pg_dump 99"):
        binaries.tools(99, "pg_dump")
    assert (binaries.tools(15, "pg_dump") / "pg_dump").is_file()


class TestRoles:
    """Who may do what. The cluster of the tests trusts everybody, so passwords are not looked at here."""

    @pytest.fixture
    def granted(self, dsn):
        for _ in range(2):  # again after every migration: it must not matter
            grant(dsn, PASSWORD, PASSWORD)
        return dsn

    def test_the_service_does_its_work(self, granted):
        """Rows of every kind, large lists by way of a temporary table included, and the queue."""
        store = open_store(as_role(granted, APP), keyring())
        athlete = fill(store, 1)
        with store.transaction() as tx:
            tx.activities.upsert(athlete.id, [run(n) for n in range(3, 600)], NOW)
            tx.logbook.write([{"at": NOW.isoformat(), "event": "started"}])
            tx.connection.exec_driver_sql(
                "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 't')"
            )
            tx.vitals.read(NOW)
            tx.athletes.forget(athlete.id, NOW)
        with store.transaction() as tx:
            assert tx.athletes.get(athlete.id) is None
        store.close()

    def test_the_backup_reads_and_tells(self, granted, tmp_path):
        """With a role that may change nothing but its heartbeat."""
        store = open_store(as_role(granted, BACKUP), keyring())
        file = save(store, as_role(granted, BACKUP), tmp_path, tmp_path / "tombstones", NOW)
        store.close()
        assert file.stat().st_size > 1000

    @pytest.mark.parametrize("role", [APP, BACKUP])
    @pytest.mark.parametrize(
        "statement",
        [
            "DROP TABLE athlete",
            "ALTER TABLE athlete ADD COLUMN title text",
            "TRUNCATE athlete CASCADE",
            "CREATE TABLE mine (id int)",
            "CREATE SCHEMA mine",
            "CREATE ROLE mine",
            "UPDATE alembic_version SET version_num = 'x'",
            "COPY athlete TO PROGRAM 'true'",
            "SELECT pg_read_file('/etc/passwd')",
        ],
    )
    def test_neither_may_change_what_is_not_a_row(self, granted, role, statement):
        refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
        with psycopg.connect(as_role(granted, role)) as connection, refused:
            connection.execute(statement)

    def test_only_an_owner_makes_roles(self, granted):
        """And is told so."""
        with pytest.raises(DatabaseUnavailable, match="owner of the tables"):
            grant(as_role(granted, APP), PASSWORD, PASSWORD)


def test_a_password_kept_apart_reaches_the_address(tmp_path: Path):
    """The address can be shown, the password is a file's."""
    from service.settings import Settings

    settings = Settings(
        _env_file=None,
        database_url="postgresql://freshlegs_app@db/freshlegs",
        database_password="a/b c",
        keyring_file=tmp_path,
    )
    assert settings.dsn == "postgresql://freshlegs_app:a%2Fb%20c@db/freshlegs"
    assert Settings(_env_file=None).dsn is None

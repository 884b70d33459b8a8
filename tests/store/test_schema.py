"""Migrations: up, down and up again on a filled database, in turn, and equal to the tables."""

import re
from pathlib import Path
from threading import Thread
from uuid import UUID

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from service.errors import DatabaseUnavailable
from service.store import schema
from service.store.postgres import EmbeddedPostgres
from service.store.session import open_store
from service.store.tables import Base
from tests.fixtures_postgres import keyring
from tests.store.samples import NOW, SCOPES, run

VERSIONS = sorted((schema.FOLDER / "versions").glob("*.py"))


def tables_in(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in found}


def things_in(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)"
            " + (SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype <> 'b'"
            "    AND typrelid = 0)"
        ).fetchone()
    assert row is not None
    return row[0]


def test_the_tables_are_what_the_migrations_make(fresh_database_url: str) -> None:
    """Drift is 0: nothing in the code that is not in the database, and the reverse."""
    assert schema.drift(fresh_database_url) == []


def test_drift_is_noticed(fresh_database_url: str) -> None:
    """The check above can fail."""
    with psycopg.connect(fresh_database_url) as connection:
        connection.execute("ALTER TABLE activity ADD COLUMN title text")
    assert len(schema.drift(fresh_database_url)) == 1


def test_up_down_and_up_again(fresh_database_url: str) -> None:
    """On a database with rows; down leaves nothing behind, of the queue neither."""
    fill(fresh_database_url)
    schema.migrate(fresh_database_url, "base")
    assert tables_in(fresh_database_url) == {"alembic_version"}
    assert things_in(fresh_database_url) == 0
    schema.migrate(fresh_database_url, "20261123_first")
    schema.migrate(fresh_database_url)
    assert schema.drift(fresh_database_url) == []
    fill(fresh_database_url)


def test_every_step_can_be_taken_alone(fresh_database_url: str) -> None:
    """Each migration down and up by itself, rows staying where their table does."""
    athlete = fill(fresh_database_url)
    schema.migrate(fresh_database_url, "20261123_service")
    assert not any(name.startswith("procrastinate") for name in tables_in(fresh_database_url))
    schema.migrate(fresh_database_url, "20261123_first")
    assert "activity" in tables_in(fresh_database_url)
    assert "logbook" not in tables_in(fresh_database_url)
    schema.migrate(fresh_database_url, "20261123_service")
    schema.migrate(fresh_database_url)
    schema.migrate(fresh_database_url)
    store = open_store(fresh_database_url, keyring())
    with store.transaction() as tx:
        assert tx.activities.counts() == {athlete: 1}
    store.close()


def test_a_queue_that_is_there_already_is_kept(fresh_database_url: str) -> None:
    """An operator may have applied procrastinate's schema by its own command."""
    schema.migrate(fresh_database_url, "20261123_service")
    with psycopg.connect(fresh_database_url) as connection:
        connection.execute(SchemaManager.get_schema().encode())
        connection.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 't')")
    schema.migrate(fresh_database_url)
    with psycopg.connect(fresh_database_url) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)


def test_processes_that_start_together_take_turns(postgres: EmbeddedPostgres) -> None:
    """Four at once on an empty database: all succeed, one migrates."""
    dsn = postgres.dsn_of("together")
    with psycopg.connect(postgres.dsn_of("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE together")
    errors: list[Exception] = []

    def start() -> None:
        try:
            schema.migrate(dsn)
        except Exception as error:
            errors.append(error)

    threads = [Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert schema.drift(dsn) == []


def test_a_migration_does_not_wait_long_for_a_lock(
    fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table in use fails the migration instead of queueing everybody behind it."""
    monkeypatch.setattr(schema, "LOCK_TIMEOUT", "50ms")
    with psycopg.connect(fresh_database_url) as user:
        user.execute("LOCK TABLE activity IN ACCESS SHARE MODE")
        with pytest.raises(DatabaseUnavailable, match="no other process holds its tables"):
            schema.migrate(fresh_database_url, "base")
    assert {"activity", "athlete"} <= tables_in(fresh_database_url)


def test_no_database_is_said_plainly() -> None:
    """With what to check."""
    with pytest.raises(DatabaseUnavailable, match="DATABASE_URL"):
        schema.migrate("postgresql://nobody@127.0.0.1:1/x?connect_timeout=2")


def test_an_old_postgres_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is touched."""
    monkeypatch.setattr(schema, "OLDEST", 99)
    with pytest.raises(DatabaseUnavailable, match="needs 99 or newer"):
        schema.migrate(database_url)


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_migrations_are_dated_and_can_go_back(path: Path) -> None:
    """YYYYMMDD_what.py, the same as its revision, with both ways."""
    text = path.read_text()
    assert re.fullmatch(r"20\d{6}_[a-z_]+", path.stem)
    assert f'revision: str = "{path.stem}"' in text
    assert "def upgrade" in text
    assert "def downgrade" in text


def test_there_is_no_column_for_what_is_never_kept() -> None:
    """No place, no title, no text of the athlete's."""
    names = {column.name for table in Base.metadata.sorted_tables for column in table.c}
    never = re.compile(
        r"lat|lng|latitude|longitude|polyline|map|title|description|photo|first_?name|last_?name|email"
    )
    assert [name for name in names if never.fullmatch(name)] == []
    assert "name" not in Base.metadata.tables["activity"].c
    assert "name" not in Base.metadata.tables["athlete"].c


def fill(dsn: str) -> UUID:
    store = open_store(dsn, keyring())
    with store.transaction() as tx:
        athlete = tx.athletes.connect(7, SCOPES, "UTC", NOW).id
        tx.activities.upsert(athlete, [run(1)], NOW)
    store.close()
    return athlete

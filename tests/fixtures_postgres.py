"""A real Postgres for tests: one cluster a process, one template made by the migrations, one database for
one test after the other.

Usable outside pytest: ``with cluster() as server: dsn = clone(server, template(server))``. Whatever way
the process ends, the server ends with it; a folder left behind by ``kill -9`` is removed by the next run.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event

from service.store.keyring import Keyring
from service.store.postgres import EmbeddedPostgres
from service.store.schema import migrate
from service.store.session import Store, open_store

PREFIX = "freshlegs-tests-"
MEMORY, ROOM_BYTES = Path("/dev/shm"), 2 * 2**30
STARTING_S = 60
TEMPLATE = "template_freshlegs"
TABLES = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'alembic_version'
    AND relnamespace = 'public'::regnamespace"""
OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> %s"""
SHARED = "freshlegs-tests"
"""How the connections of the store that all tests of a process share are named."""
SETTINGS = ("shared_buffers=32MB", "max_connections=60", "autovacuum=off", "jit=off", "max_wal_size=256MB")


@contextlib.contextmanager
def cluster(folder: Path | None = None, *, programs: Path | None = None) -> Iterator[EmbeddedPostgres]:
    """A running cluster without fsync, in ``folder`` or in a temporary one that is removed at the end."""
    _sweep()
    own = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place_for_tests())) if folder is None else None
    try:
        place = (own or folder or Path()) / "pg"
        with EmbeddedPostgres(place, durable=False, programs=programs, settings=SETTINGS) as server:
            yield server
    finally:
        if own is not None:
            shutil.rmtree(own, ignore_errors=True)


def place_for_tests() -> Path:
    """Memory where there is plenty of it: the suite writes two gigabytes that nobody reads again."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES and os.access(MEMORY, os.W_OK)
    return MEMORY if roomy else Path(tempfile.gettempdir())


def template(server: EmbeddedPostgres) -> str:
    """The name of a database with the schema of ``head``, to be cloned."""
    _execute(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    migrate(server.dsn_of(TEMPLATE))
    return TEMPLATE


def clone(server: EmbeddedPostgres, of: str) -> str:
    """The DSN of a fresh copy of the database ``of``; 20 ms on a quiet machine."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(
        server,
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
            sql.Identifier(name), sql.Identifier(of)
        ),
    )
    return server.dsn_of(name)


@contextlib.contextmanager
def store_apart() -> Iterator[tuple[Store, str]]:
    """A migrated store without rows on a cluster of its own, and its DSN."""
    with cluster() as server:
        dsn = clone(server, template(server))
        opened = open_store(dsn, keyring())
        try:
            yield opened, dsn
        finally:
            opened.close()


def empty(store: Store) -> None:
    """Delete every row but the schema's own version, after throwing out whoever is still connected."""
    if store.engine.pool.checkedout():  # type: ignore[attr-defined]
        store.close()
    with store.transaction() as tx:
        tx.connection.exec_driver_sql(OTHERS, (SHARED,))
        names = tx.connection.exec_driver_sql(TABLES).scalars().all()
        wipe = "; ".join(f'DELETE FROM "{name}"' for name in names)
        tx.connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {wipe}")


def drop(server: EmbeddedPostgres, dsn: str) -> None:
    """Remove a clone and whoever is still connected to it."""
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))


def keyring() -> Keyring:
    """Fixed keys: the same in every process of a test."""
    return Keyring.from_secret(b"a secret for tests and nothing else")


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The cluster of this process; under xdist each worker has its own, quicker than sharing."""
    with cluster() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: EmbeddedPostgres) -> str:
    """The migrated database every test's own is a copy of."""
    return template(postgres)


@pytest.fixture(scope="session")
def postgres_shared(postgres: EmbeddedPostgres, postgres_template: str) -> Iterator[Store]:
    """The database that the tests of this process use one after the other: no connection a test."""
    dsn = clone(postgres, postgres_template)
    opened = open_store(dsn, keyring())
    event.listen(opened.engine, "connect", _name)
    yield opened
    opened.close()


@pytest.fixture
def database_url(postgres_shared: Store, postgres: EmbeddedPostgres) -> Iterator[str]:
    """The DSN of a migrated database without rows. It is emptied after the test, which is much quicker
    than another clone; a test that changes the schema takes ``fresh_database_url``."""
    yield postgres.dsn_of(str(postgres_shared.engine.url.database))
    empty(postgres_shared)


@pytest.fixture
def fresh_database_url(postgres: EmbeddedPostgres, postgres_template: str) -> Iterator[str]:
    """The DSN of a migrated database of this test's own."""
    dsn = clone(postgres, postgres_template)
    yield dsn
    drop(postgres, dsn)


@pytest.fixture
def store(postgres_shared: Store, database_url: str) -> Store:
    """A store on this test's own database, with fixed keys."""
    return postgres_shared


def _name(connection: psycopg.Connection, _record: object) -> None:
    connection.execute(sql.SQL("SET application_name = {}").format(SHARED))
    connection.commit()


def _execute(server: EmbeddedPostgres, statement: sql.Composed) -> None:
    with psycopg.connect(server.dsn_of("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _sweep() -> None:
    """Remove folders whose process is gone: nobody holds their lock."""
    for folder in place_for_tests().glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / "pg" / "owner.lock").open() as lock:
            if time.time() - os.fstat(lock.fileno()).st_mtime > STARTING_S:  # younger: about to be locked
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)

"""Backups by Postgres' own programs: one file, readable by pg_restore of the same or a newer version.

Sessions, throttles and the queue's jobs are left out: nobody misses them, and who steals the file gets less.
"""

import os
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from service.errors import DatabaseUnavailable, InputError
from service.store import binaries

LEFT_OUT = (
    "browser_session",
    "oauth_state",
    "throttle",
    "procrastinate_jobs",
    "procrastinate_events",
    "procrastinate_workers",
    "procrastinate_periodic_defers",
)
"""Their tables are there after a restore, without rows."""
ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}
OTHERS = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
LONGEST_S = 3600


def save(dsn: str, file: Path) -> None:
    """Dump the database to ``file`` (0600), which appears when it is whole.

    Raises ``DatabaseUnavailable`` with what pg_dump said, or when there is none.
    """
    part = file.with_name(f".{file.name}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    options = [f"--exclude-table-data={table}" for table in LEFT_OUT]
    try:
        _run(dsn, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", *options, f"--file={part}")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def load(dsn: str, file: Path) -> None:
    """Replace everything in the database by what ``file`` holds.

    Raises ``InputError`` if the file is no backup or somebody else is connected, and ``DatabaseUnavailable``
    with what pg_restore said.
    """
    try:
        _run(dsn, "pg_restore", "--list", str(file))
    except DatabaseUnavailable as error:
        raise InputError(f"{file} is not a backup that can be read: {error}") from None
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(OTHERS).fetchone()
        if row is None or row[0]:
            raise InputError("other processes use the database: stop every web, clock and worker first")
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    _run(dsn, "pg_restore", *options, f"--dbname={conninfo_to_dict(dsn)['dbname']}", str(file))


def _run(dsn: str, program: str, *arguments: str) -> None:
    """The address goes by the environment: arguments are shown to everybody on the machine."""
    folder = binaries.tools(server_version(dsn), program)
    given = {
        ENVIRONMENT[key]: str(value) for key, value in conninfo_to_dict(dsn).items() if key in ENVIRONMENT
    }
    done = subprocess.run(  # noqa: S603 - a path we found, no shell
        [folder / program, "--no-password", *arguments],
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **given},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    if done.returncode != 0:
        raise DatabaseUnavailable(f"{program} failed: {done.stderr.strip()[-400:]}")


def server_version(dsn: str) -> int:
    """Major version of the server. Raises ``DatabaseUnavailable``."""
    try:
        with psycopg.connect(dsn, connect_timeout=5) as connection:
            return connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable("Postgres does not answer: check DATABASE_URL and the server") from error

"""Bring a database to the schema of this version, or another one: Alembic, run from code."""

from pathlib import Path
from typing import Any

import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

import service
from service.errors import DatabaseUnavailable
from service.store.binaries import OLDEST
from service.store.database import METADATA, engine_for

FOLDER = Path(service.__file__).parent.parent / "migrations"
ADVISORY_LOCK = 0x66726573686C
"""Any constant will do; this one is "freshl" in ASCII."""
WAIT_FOR_OTHERS = "60s"
LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "5s"
OF_THE_QUEUE = "procrastinate_"


def migrate(dsn: str, target: str = "head") -> None:
    """Migrate up to ``target`` ("head" or a revision), or down to it ("base" or an older revision).

    Processes that start together take turns; no statement waits longer than 4 s for a lock or runs
    longer than 5 s. Raises ``DatabaseUnavailable`` if there is no database.
    """
    engine = engine_for(dsn, poolclass=sqlalchemy.NullPool)
    try:
        with engine.connect() as connection:
            _check_version(connection)
            _take_turn(connection)
            config = _config(connection)
            known = revision(connection)
            if target == "base" or (target != "head" and _is_below(config, target, known)):
                command.downgrade(config, target)
            else:
                command.upgrade(config, target)
            connection.commit()
    except OperationalError as error:
        raise DatabaseUnavailable(
            "the database cannot be migrated: check DATABASE_URL, and that no other process holds its tables"
        ) from error
    finally:
        engine.dispose()


def revision(connection: sqlalchemy.Connection) -> str | None:
    """The revision the database stands at; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def drift(dsn: str) -> list[Any]:
    """What ``tables`` and the database do not agree on; empty when the migrations are complete."""
    engine = engine_for(dsn, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": False, "include_name": ours}
        )
        found = compare_metadata(context, METADATA)
    engine.dispose()
    return list(found)


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a database object is ours to compare: the queue keeps its own tables."""
    return not (kind == "table" and (name or "").startswith(OF_THE_QUEUE))


def _check_version(connection: sqlalchemy.Connection) -> None:
    known = connection.dialect.server_version_info or (0,)
    if known < (OLDEST,):
        raise DatabaseUnavailable(f"Postgres {known[0]} is too old: freshlegs needs {OLDEST} or newer")


def _take_turn(connection: sqlalchemy.Connection) -> None:
    """The lock belongs to the connection and falls with it, whatever happens."""
    for statement in (
        f"SET lock_timeout = '{WAIT_FOR_OTHERS}'",
        f"SELECT pg_advisory_lock({ADVISORY_LOCK})",
        f"SET lock_timeout = '{LOCK_TIMEOUT}'",
        f"SET statement_timeout = '{STATEMENT_TIMEOUT}'",
    ):
        connection.exec_driver_sql(statement)
    connection.commit()


def _config(connection: sqlalchemy.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _is_below(config: Config, target: str, known: str | None) -> bool:
    if known is None:
        return False
    older = {
        script.revision for script in ScriptDirectory.from_config(config).iterate_revisions(known, "base")
    }
    return target in older - {known}

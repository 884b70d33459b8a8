"""The service broken into: with its own rights in the database nothing but rows can be touched."""

import psycopg

from service.store.grants import APP, BACKUP, grant
from tests.drills.audit import audit
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

PASSWORD = "a-password-of-this-drill"
CREW = ("worker", "clock", "web")
TABLES = ("athlete", "token", "activity", "night", "mail", "admin", "tombstone")
EVERYWHERE = (
    "DROP SCHEMA public CASCADE",
    "CREATE SCHEMA mine",
    "CREATE TABLE mine (id int)",
    "CREATE EXTENSION file_fdw",
    "CREATE ROLE mine SUPERUSER",
    f"ALTER ROLE {APP} SUPERUSER",
    "ALTER SYSTEM SET fsync = off",
    "COPY athlete TO PROGRAM 'true'",
    "COPY athlete TO '/tmp/athlete'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "CREATE DATABASE mine",
    "UPDATE alembic_version SET version_num = 'x'",
    "GRANT freshlegs TO CURRENT_USER",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
)
ON_A_TABLE = (
    "DROP TABLE {} CASCADE",
    "ALTER TABLE {} ADD COLUMN title text",
    "ALTER TABLE {} OWNER TO CURRENT_USER",
    "TRUNCATE {} CASCADE",
    "CREATE TRIGGER mine AFTER INSERT ON {} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
)
STATEMENTS = (*EVERYWHERE, *(each.format(table) for table in TABLES for each in ON_A_TABLE))


def drill(size: Size) -> list[Figure]:
    """The processes work with the role; then every statement is tried with it, and with the backup's."""
    with open_ground(size.seed) as ground:
        grant(ground.dsn, PASSWORD, PASSWORD)
        ground.crew.environment = {**ground.crew.environment, "DATABASE_URL": _as(ground, APP)}
        passage = Passage(ground)
        for role in CREW:
            ground.crew.start(role)
        passage.begin()
        for _ in range(size.of(2, 20)):
            passage.step()
        passage.finish()
        allowed = {role: [each for each in STATEMENTS if _may(ground, role, each)] for role in (APP, BACKUP)}
        for role, statements in allowed.items():
            for statement in statements:
                print(f"{role} may: {statement}")
        return [
            Figure("statements", len(STATEMENTS) * len(allowed), least=30),
            none("allowed", sum(map(len, allowed.values()))),
            *audit(passage, doubts=0, losses=0),
        ]


def _as(ground: Ground, role: str) -> str:
    return ground.dsn.replace("postgresql://freshlegs@", f"postgresql://{role}@")


def _may(ground: Ground, role: str, statement: str) -> bool:
    """Whether it goes through; undone all the same."""
    with psycopg.connect(_as(ground, role)) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.Error:
            return False
        finally:
            connection.rollback()
    return True

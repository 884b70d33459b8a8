"""Least privilege: the service reads and writes rows, a backup reads them, only the owner changes tables."""

import psycopg
from psycopg import sql

from service.errors import DatabaseUnavailable

APP, BACKUP = "freshlegs_app", "freshlegs_backup"
ROLE = """DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {literal}) THEN CREATE ROLE {name}; END IF;
END $$"""
LIMITED = (
    "ALTER ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT PASSWORD {password}"
)
EVERYBODY = (
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO {app}, {backup}",
    "GRANT USAGE ON SCHEMA public TO {app}, {backup}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {app}, {backup}",
)
ROWS = (
    "GRANT TEMPORARY ON DATABASE {database} TO {app}",  # large lists of sessions are copied through a table
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {app}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
)
READING = (
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {backup}",
    "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {backup}",
    "GRANT INSERT, UPDATE ON heartbeat TO {backup}",  # it says when it ran
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {backup}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO {backup}",
)


def grant(dsn: str, app_password: str, backup_password: str) -> None:
    """Make both roles, or give them new passwords, and grant what each needs. Run by the owner of the tables,
    after every migration and restore. Raises ``DatabaseUnavailable``.
    """
    names = {"app": sql.Identifier(APP), "backup": sql.Identifier(BACKUP)}
    try:
        with psycopg.connect(dsn, connect_timeout=5) as connection:
            names["database"] = sql.Identifier(connection.info.dbname)
            for role, password in ((APP, app_password), (BACKUP, backup_password)):
                given = {
                    "name": sql.Identifier(role),
                    "literal": sql.Literal(role),
                    "password": sql.Literal(password),
                }
                connection.execute(sql.SQL(ROLE).format(**given))
                connection.execute(sql.SQL(LIMITED).format(**given))
            for statement in (*EVERYBODY, *ROWS, *READING):
                connection.execute(sql.SQL(statement).format(**names))
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseUnavailable(
            "this role may not make others: run grant-roles with the DATABASE_URL of the owner of the "
            "tables, and give that role CREATEROLE"
        ) from error
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable("Postgres does not answer: check DATABASE_URL and the server") from error

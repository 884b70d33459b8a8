"""The database as SQLAlchemy knows it: every table, and an engine on whatever address it has.

Apart from ``schema``, because Alembic takes a quarter of a second to load and the roles never migrate.
"""

from typing import Any

import sqlalchemy

from service.store import tables_diary, tables_inbox, tables_service, tables_upload, tables_voice
from service.store.tables import Base

METADATA = Base.metadata
__all__ = [
    "METADATA",
    "engine_for",
    "tables_diary",
    "tables_inbox",
    "tables_service",
    "tables_upload",
    "tables_voice",
]


def engine_for(dsn: str, **options: Any) -> sqlalchemy.Engine:
    """An engine on psycopg 3 for any spelling of a Postgres URL. Parameters never reach an error message."""
    url = sqlalchemy.make_url(dsn).set(drivername="postgresql+psycopg")
    return sqlalchemy.create_engine(url, hide_parameters=True, **options)

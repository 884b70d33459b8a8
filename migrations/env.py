"""Alembic's door. It is opened by ``service.store.schema.migrate`` only, which brings the connection
with its advisory lock and timeouts; there is no ini file and no offline mode."""

from alembic import context

from service.store.database import METADATA
from service.store.schema import ours

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    include_name=ours,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()

"""The schema of procrastinate 3.10, as it ships it.

Guarded, because an operator may have applied it by procrastinate's own command. The queue holds
nothing that cannot be found again from our tables, so going down drops it.
"""

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import text

revision: str = "20261123_queue"
down_revision: str | None = "20261123_service"
branch_labels = None
depends_on = None

DROP = """
DO $$
DECLARE thing record;
BEGIN
    FOR thing IN SELECT relname FROM pg_class WHERE relkind = 'r'
        AND relnamespace = current_schema()::regnamespace AND relname LIKE 'procrastinate\\_%'
    LOOP EXECUTE format('DROP TABLE %I CASCADE', thing.relname); END LOOP;
    FOR thing IN SELECT oid::regprocedure::text AS signature FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%'
    LOOP EXECUTE 'DROP FUNCTION ' || thing.signature || ' CASCADE'; END LOOP;
    FOR thing IN SELECT typname FROM pg_type
        WHERE typnamespace = current_schema()::regnamespace AND typname LIKE 'procrastinate\\_%'
    LOOP EXECUTE format('DROP TYPE %I CASCADE', thing.typname); END LOOP;
END $$
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
        connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))


def downgrade() -> None:
    op.get_bind().exec_driver_sql(DROP.replace("%", "%%"))

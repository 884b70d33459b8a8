"""Admins may have an authenticator app: its secret, encrypted, and the last step used."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261123_second_factor"
down_revision: str | None = "20261123_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("admin", sa.Column("totp", sa.LargeBinary(), nullable=True))
    op.add_column("admin", sa.Column("totp_step", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("admin", "totp_step")
    op.drop_column("admin", "totp")

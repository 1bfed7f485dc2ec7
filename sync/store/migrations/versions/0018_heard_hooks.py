"""Which calls of incoming hooks were taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import UtcTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heard_hooks",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_heard_hooks")),
    )

"""Events of the outpost that nothing could be made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import Json, UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stranded_events",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("packed", Json, nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_stranded_events")),
    )

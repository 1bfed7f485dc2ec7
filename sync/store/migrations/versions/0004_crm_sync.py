"""CRMs that wait for a confirmation, what each can do, slow comparisons, merged records, and order in the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, Json, UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("crms", sa.Column("confirmed_at", UtcTime(), nullable=True))
    op.add_column("crms", sa.Column("abilities", Json, nullable=True))
    op.add_column("crms", sa.Column("mapped", sa.Text(), server_default="", nullable=False))
    op.add_column("crm_cursors", sa.Column("compared_at", UtcTime(), nullable=True))
    op.add_column("crm_cursors", sa.Column("compared_id", BigId, server_default="0", nullable=False))
    op.add_column("records", sa.Column("merged_into", BigId, nullable=True))
    op.drop_index(op.f("ix_outbox_record_id"), "outbox")
    op.create_index("ix_outbox_order", "outbox", ["record_id", "activity_id", "id"])
    # Whoever worked with a CRM before was writing to it.
    op.execute("UPDATE crms SET confirmed_at = last_success_at WHERE last_success_at IS NOT NULL")

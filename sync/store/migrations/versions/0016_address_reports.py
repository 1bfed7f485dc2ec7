"""What came back from addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_reports",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("back_on", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_address_reports_message_id_messages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_reports")),
        sa.UniqueConstraint("message_id", "address", "kind", name=op.f("uq_address_reports_message_id_address_kind")),
    )
    op.create_index(op.f("ix_address_reports_address"), "address_reports", ["address"])
    op.create_index(op.f("ix_address_reports_message_id"), "address_reports", ["message_id"])

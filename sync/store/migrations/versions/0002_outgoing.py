"""Mail of ours on its way out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, Json, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail_accounts", sa.Column("sent_by", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "outgoing",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("message_id", BigId, nullable=True),
        sa.Column("draft", Json, nullable=False),
        sa.Column("recipients", Json, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("next_at", UtcTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", UtcTime(), nullable=True),
        sa.Column("claimed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("handed_at", UtcTime(), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("sent_copy", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("seq", BigId, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_outgoing_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
        sa.UniqueConstraint("node", name=op.f("uq_outgoing_node")),
    )
    op.create_index(op.f("ix_outgoing_message_id"), "outgoing", ["message_id"])
    op.create_index("ix_outgoing_state", "outgoing", ["state", "account"])
    op.create_table(
        "outgoing_files",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("outgoing_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("content_type", sa.Text(), server_default="", nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outgoing_id"], ["outgoing.id"], name=op.f("fk_outgoing_files_outgoing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_files")),
    )
    op.create_index(op.f("ix_outgoing_files_outgoing_id"), "outgoing_files", ["outgoing_id"])

"""What happened that other programs may hear of, and how far each of them was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, Json, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_marks",
        sa.Column("record_id", BigId, autoincrement=False, nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("won", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_marks_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record_marks")),
    )
    op.create_table(
        "noticed_crms",
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("silent_until", BigId, nullable=False),
        sa.PrimaryKeyConstraint("crm", name=op.f("pk_noticed_crms")),
    )
    _happenings()
    _deliveries()


def _happenings() -> None:
    op.create_table(
        "happenings",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), server_default="", nullable=False),
        sa.Column("record_id", BigId, nullable=True),
        sa.Column("message_id", BigId, nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_happenings_record_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_happenings_message_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_happenings")),
        sa.UniqueConstraint("key", name=op.f("uq_happenings_key")),
    )
    op.create_index(op.f("ix_happenings_record_id"), "happenings", ["record_id"])
    op.create_index(op.f("ix_happenings_message_id"), "happenings", ["message_id"])


def _deliveries() -> None:
    op.create_table(
        "hook_deliveries",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("happening_id", BigId, nullable=False),
        sa.Column("hook", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.Column("claimed_until", UtcTime(), nullable=True),
        sa.Column("status", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["happening_id"], ["happenings.id"], name=op.f("fk_hook_deliveries_happening_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_deliveries")),
        sa.UniqueConstraint("happening_id", "hook", name=op.f("uq_hook_deliveries_happening_id_hook")),
    )
    op.create_index("ix_hook_deliveries_due", "hook_deliveries", ["hook", "state", "next_at"])

"""What people taught: filing rules, and the words of what they made leads of or refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, Json, UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "filing_rules",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("words", Json, nullable=False),
        sa.Column("record_id", BigId, nullable=True),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_filing_rules_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_rules")),
    )
    op.create_index(op.f("ix_filing_rules_record_id"), "filing_rules", ["record_id"])
    op.create_table(
        "lessons",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("yes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("no", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_lessons")),
    )

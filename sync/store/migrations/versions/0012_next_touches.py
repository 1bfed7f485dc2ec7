"""When conversations come back, tasks by the day on which they are due, and what lists of records add up by."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from crm_model.field_values import unpack_fields
from crm_model.records import RecordKind
from sync.store.columns import BigId, UtcTime
from sync.store.record_facts import facts_of

_BATCH = 1_000

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "next_touches",
        sa.Column("thread_id", BigId, autoincrement=False, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("what", sa.Text(), server_default="", nullable=False),
        sa.Column("activity_id", BigId, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_next_touches_thread_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_next_touches_activity_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("thread_id", "author", name=op.f("pk_next_touches")),
    )
    op.create_index("ix_next_touches_author", "next_touches", ["author", "at"])
    op.create_index("ix_activities_due", "activities", ["kind", "done", "due_at"])
    for column in (
        sa.Column("is_open", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("amount", BigId, nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("probability", sa.Integer(), nullable=True),
        sa.Column("closes_on", sa.Text(), server_default="", nullable=False),
        sa.Column("next_contact_on", sa.Text(), server_default="", nullable=False),
    ):
        op.add_column("records", column)
    op.create_index(
        "ix_records_pipeline",
        "records",
        ["kind", "state", "is_open", "crm", "stage", "closes_on", "id", "currency", "amount", "probability"],
    )
    op.create_index("ix_records_next_contact", "records", ["kind", "state", "next_contact_on"])
    _fill()


def _fill() -> None:
    """Leads and opportunities that are here already; the other kinds have nothing to add up."""
    unit, last = op.get_bind(), 0
    columns: list[sa.ColumnClause[Any]] = [
        sa.column(name) for name in ("id", "kind", "fields", *facts_of(RecordKind.LEAD, {}))
    ]
    table = sa.table("records", *columns)
    kinds = (RecordKind.LEAD.value, RecordKind.OPPORTUNITY.value)
    held = sa.select(table.c.id, table.c.kind, sa.cast(table.c.fields, sa.Text).label("fields"))
    while rows := unit.execute(
        held.where(table.c.id > last, table.c.kind.in_(kinds)).order_by(table.c.id).limit(_BATCH)
    ).all():
        last = rows[-1].id
        facts = [facts_of(RecordKind(row.kind), unpack_fields(json.loads(row.fields))) for row in rows]
        values = [{"row_id": row.id, **each} for row, each in zip(rows, facts, strict=True)]
        unit.execute(table.update().where(table.c.id == sa.bindparam("row_id")), values)

"""Who changed which field of a record, when, from what to what; and telephone numbers as people dial them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, Json, UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_LENGTHS = (15, 10, 9, 8)


def upgrade() -> None:
    op.create_table(
        "field_history",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", Json, nullable=True),
        sa.Column("after", Json, nullable=True),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("in_crm", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_field_history_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_history")),
    )
    op.create_index("ix_field_history_field", "field_history", ["record_id", "field", "id"])
    _dial()


def _dial() -> None:
    records = sa.table("records", sa.column("id", BigId), sa.column("fields", Json))
    texts = sa.table("record_texts", sa.column("record_id", BigId), sa.column("words", sa.Text))
    unit = op.get_bind()
    added = []
    for row in unit.execute(sa.select(records.c.id, records.c.fields)):
        phones = (str((row.fields or {}).get(name) or "") for name in ("phone", "mobile"))
        digits = ["".join(character for character in phone if character.isdigit()) for phone in phones]
        words = " ".join(dict.fromkeys(each[-n:] for each in digits if len(each) >= 8 for n in _LENGTHS))
        if words:
            added.append({"number": row.id, "more": f" {words}"})
    if added:
        more = texts.c.words + sa.bindparam("more", type_=sa.Text)
        unit.execute(texts.update().where(texts.c.record_id == sa.bindparam("number")).values(words=more), added)

"""The telephone numbers of leads and contacts, to be looked up by their last digits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, Json

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BATCH = 2_000
_DIGITS = 7


def upgrade() -> None:
    op.create_table(
        "record_phones",
        sa.Column("digits", sa.Text(), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_phones_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digits", "record_id", name=op.f("pk_record_phones")),
    )
    op.create_index(op.f("ix_record_phones_record_id"), "record_phones", ["record_id"])
    _fill()


def _fill() -> None:
    records = sa.table("records", sa.column("id", BigId), sa.column("kind", sa.Text), sa.column("fields", Json))
    phones = sa.table("record_phones", sa.column("digits", sa.Text), sa.column("record_id", BigId))
    connection, last = op.get_bind(), 0
    while True:
        query = sa.select(records).where(records.c.id > last, records.c.kind.in_(("lead", "contact")))
        rows = connection.execute(query.order_by(records.c.id).limit(_BATCH)).all()
        if not rows:
            return
        last = rows[-1].id
        pairs = [(row.id, digits) for row in rows for digits in _phones(row.fields)]
        if pairs:
            connection.execute(phones.insert(), [{"record_id": number, "digits": digits} for number, digits in pairs])


def _phones(fields: object) -> set[str]:
    held = fields if isinstance(fields, dict) else {}
    numbers = (
        "".join(char for char in str(held.get(name) or "") if char in "0123456789") for name in ("phone", "mobile")
    )
    return {number[-_DIGITS:] for number in numbers if len(number) >= _DIGITS}

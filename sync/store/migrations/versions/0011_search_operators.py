"""What search operators ask for: the sender apart from the others, a record's stage and owner, files in the list's index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_COLUMNS = ("subject", "sender", "people", "body")
_PIECES = "to_tsvector('simple', translate(left({}, 200000), '@._-/:+', '       '))"
_MARKED = (
    "to_tsvector('simple', regexp_replace(' ' || translate(left({}, 20000), '@._-/:+,;<>()[]\"''|&!*', "
    "'                     '), '\\s+(\\S)', ' {}\\1', 'g'))"
)
_NEWEST = (
    *("last_at", "id", "archived_at", "noise", "linked", "suggested"),
    *("unread_count", "last_direction", "merged_into", "attachment_count"),
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        for name in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER message_texts_{name}")
        op.execute("DROP TABLE message_search")
    else:
        op.execute("DROP INDEX ix_message_texts_search")
    op.add_column("message_texts", sa.Column("sender", sa.Text(), server_default="", nullable=False))
    op.add_column("records", sa.Column("stage", sa.Text(), server_default="", nullable=False))
    op.add_column("records", sa.Column("owner_ref", sa.Text(), server_default="", nullable=False))
    _fill(is_sqlite=is_sqlite)
    op.create_index("ix_records_stage", "records", ["stage", "kind"])
    op.create_index("ix_records_owner", "records", ["owner_ref"])
    op.drop_index("ix_threads_newest", "threads")
    op.create_index("ix_threads_newest", "threads", list(_NEWEST))
    for statement in _sqlite_search() if is_sqlite else _postgresql_search():
        op.execute(sa.text(statement.replace(":", "\\:")))


def _fill(*, is_sqlite: bool) -> None:
    """Senders stood first among the people."""
    who = "(SELECT trim(m.from_name || ' ' || m.from_email) FROM messages m WHERE m.id = message_texts.message_id)"
    op.execute(f"UPDATE message_texts SET sender = coalesce({who}, '')")
    op.execute(
        "UPDATE message_texts SET people = trim(substr(people, length(sender) + 1)) "
        "WHERE sender <> '' AND substr(people, 1, length(sender)) = sender"
    )
    field = "json_extract(fields, '$.{}')" if is_sqlite else "fields ->> '{}'"
    stage = f"coalesce(nullif({field.format('stage')}, ''), {field.format('status')}, '')"
    op.execute(f"UPDATE records SET stage = {stage}, owner_ref = coalesce({field.format('owner_id')}, '')")


def _sqlite_search() -> tuple[str, ...]:
    names = ", ".join(_COLUMNS)
    new, old = (", ".join(f"{row}.{column}" for column in _COLUMNS) for row in ("new", "old"))
    add = f"INSERT INTO message_search(rowid, {names}) VALUES (new.message_id, {new})"
    drop = f"INSERT INTO message_search(message_search, rowid, {names}) VALUES ('delete', old.message_id, {old})"
    return (
        f"CREATE VIRTUAL TABLE message_search USING fts5({names}, content='message_texts', "
        "content_rowid='message_id', tokenize='unicode61 remove_diacritics 2', prefix='3')",
        f"CREATE TRIGGER message_texts_insert AFTER INSERT ON message_texts BEGIN {add}; END",
        f"CREATE TRIGGER message_texts_delete AFTER DELETE ON message_texts BEGIN {drop}; END",
        f"CREATE TRIGGER message_texts_update AFTER UPDATE ON message_texts BEGIN {drop}; {add}; END",
        "INSERT INTO message_search(message_search) VALUES ('rebuild')",
    )


def _postgresql_search() -> tuple[str, ...]:
    marks = {"subject": "xsubject", "sender": "xfrom", "people": "xto"}
    everything = _PIECES.format("subject || ' ' || sender || ' ' || people || ' ' || body")
    vector = " || ".join((everything, *(_MARKED.format(column, mark) for column, mark in marks.items())))
    return (
        "ALTER TABLE message_texts SET (toast_tuple_target = 128)",
        f"ALTER TABLE message_texts ADD COLUMN search_vector tsvector GENERATED ALWAYS AS ({vector}) STORED",
        "CREATE INDEX ix_message_texts_search ON message_texts USING gin (search_vector)",
    )

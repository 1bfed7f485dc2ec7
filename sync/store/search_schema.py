"""Full-text search beside the tables: FTS5 on SQLite, expression indexes on PostgreSQL."""

from __future__ import annotations

SQLITE_SEARCH = tuple(
    statement
    for name, table, key, columns in (
        ("message_search", "message_texts", "message_id", ("subject", "sender", "people", "body")),
        ("record_search", "record_texts", "record_id", ("words",)),
    )
    for statement in (
        f"CREATE VIRTUAL TABLE {name} USING fts5({', '.join(columns)}, content='{table}', content_rowid='{key}', "
        "tokenize='unicode61 remove_diacritics 2', prefix='3')",
        f"CREATE TRIGGER {table}_insert AFTER INSERT ON {table} BEGIN INSERT INTO {name}(rowid, {', '.join(columns)}) "
        f"VALUES (new.{key}, {', '.join('new.' + column for column in columns)}); END",
        f"CREATE TRIGGER {table}_delete AFTER DELETE ON {table} BEGIN "
        f"INSERT INTO {name}({name}, rowid, {', '.join(columns)}) "
        f"VALUES ('delete', old.{key}, {', '.join('old.' + column for column in columns)}); END",
        f"CREATE TRIGGER {table}_update AFTER UPDATE ON {table} BEGIN "
        f"INSERT INTO {name}({name}, rowid, {', '.join(columns)}) "
        f"VALUES ('delete', old.{key}, {', '.join('old.' + column for column in columns)}); "
        f"INSERT INTO {name}(rowid, {', '.join(columns)}) "
        f"VALUES (new.{key}, {', '.join('new.' + column for column in columns)}); END",
    )
)

# Addresses and numbers in pieces, as FTS5 takes them; PostgreSQL's parser keeps them whole. A tsvector holds 1 MB.
_PIECES = "to_tsvector('simple', translate(left({}, 200000), '@._-/:+', '       '))"
COLUMN_MARKS = {"subject": "xsubject", "sender": "xfrom", "people": "xto"}
"""What stands before a word that was in this column. Weights would do, but an index does not know them."""
_MARKED = (
    "to_tsvector('simple', regexp_replace(' ' || translate(left({}, 20000), '@._-/:+,;<>()[]\"''|&!*', "
    "'                     '), '\\s+(\\S)', ' {}\\1', 'g'))"
)
_MESSAGE_VECTOR = " || ".join(
    (
        _PIECES.format("subject || ' ' || sender || ' ' || people || ' ' || body"),
        *(_MARKED.format(column, mark) for column, mark in COLUMN_MARKS.items()),
    )
)
RECORD_VECTOR = _PIECES.format("words")
POSTGRESQL_SEARCH = (
    # Texts and vectors out of the rows, so that going through the hits of a common word reads few pages.
    "ALTER TABLE message_texts SET (toast_tuple_target = 128)",
    # Stored: made anew for every row that is looked at, it would cost a hundred times as much.
    f"ALTER TABLE message_texts ADD COLUMN search_vector tsvector GENERATED ALWAYS AS ({_MESSAGE_VECTOR}) STORED",
    "CREATE INDEX ix_message_texts_search ON message_texts USING gin (search_vector)",
    f"CREATE INDEX ix_record_texts_search ON record_texts USING gin ({RECORD_VECTOR})",
)

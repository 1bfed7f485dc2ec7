"""Full-text search beside the tables: FTS5 on SQLite, expression indexes on PostgreSQL."""

from __future__ import annotations

SQLITE_SEARCH = tuple(
    statement
    for name, table, key, columns in (
        ("message_search", "message_texts", "message_id", ("subject", "people", "body")),
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
MESSAGE_VECTOR = _PIECES.format("subject || ' ' || people || ' ' || body")
RECORD_VECTOR = _PIECES.format("words")
POSTGRESQL_SEARCH = (
    f"CREATE INDEX ix_message_texts_search ON message_texts USING gin ({MESSAGE_VECTOR})",
    f"CREATE INDEX ix_record_texts_search ON record_texts USING gin ({RECORD_VECTOR})",
)

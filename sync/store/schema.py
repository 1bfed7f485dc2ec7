"""Making the database and bringing an older one up to date."""

from __future__ import annotations

from sync.store.database import Store, open_engine
from sync.store.tables import change_counter, metadata

_SQLITE_SEARCH = tuple(
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
_POSTGRESQL_SEARCH = (
    f"CREATE INDEX ix_message_texts_search ON message_texts USING gin ({MESSAGE_VECTOR})",
    f"CREATE INDEX ix_record_texts_search ON record_texts USING gin ({RECORD_VECTOR})",
)


def open_store(url: str) -> Store:
    """The database at `url`, made or brought up to date. Errors: ConfigError, Busy, Unreachable."""
    engine = open_engine(url)
    store = Store(engine)
    with store.write() as unit:
        if not engine.dialect.has_table(unit, "change_counter"):
            metadata.create_all(unit)
            unit.execute(change_counter.insert().values(id=1, value=0))
            for statement in _SQLITE_SEARCH if store.is_sqlite else _POSTGRESQL_SEARCH:
                unit.exec_driver_sql(statement)
    return store

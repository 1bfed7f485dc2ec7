"""Migrations and tables say the same, on both databases."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from crm_model.errors import ConfigError
from sync.store import schema
from sync.store.database import Store, Unit, open_engine
from sync.store.tables import metadata


def definitions(unit: Unit) -> set[tuple[str, ...]]:
    """What the database itself says of its tables, search indexes and triggers."""
    inspector = sa.inspect(unit)
    tables = inspector.get_table_names()
    found: set[tuple[str, ...]] = {
        (table, column["name"], str(column["type"]), str(column["nullable"]))
        for table in tables
        for column in inspector.get_columns(table)
    }
    found |= {(table, str(index["name"])) for table in tables for index in inspector.get_indexes(table)}
    if unit.dialect.name == "sqlite":
        triggers = "SELECT type, name, sql FROM sqlite_master WHERE type = 'trigger' OR sql LIKE '%fts5%'"
        found |= {tuple(row) for row in unit.exec_driver_sql(triggers)}
    return found


@contextlib.contextmanager
def migrated(url: str) -> Iterator[Store]:
    """A database that went through every migration."""
    with contextlib.closing(Store(open_engine(url))) as store:
        with store.write() as unit:
            schema.upgrade(unit)
        yield store


def test_migrations_equal_the_tables(new_url: Callable[[], str]) -> None:
    with migrated(new_url()) as store, store.read() as unit:
        context = MigrationContext.configure(
            unit, opts={"include_object": lambda _thing, name, *_rest: "search" not in str(name)}
        )
        assert compare_metadata(context, metadata) == []


def test_a_new_database_equals_a_migrated_one(new_url: Callable[[], str]) -> None:
    with migrated(new_url()) as store, store.read() as unit:
        by_migration = definitions(unit)
    with contextlib.closing(schema.open_store(new_url())) as store, store.read() as unit:
        assert definitions(unit) == by_migration


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def test_a_newer_database_is_refused(any_store: Store) -> None:
    with any_store.write() as unit:
        unit.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="newer Hitchpost"):
        schema.open_store(any_store.url)

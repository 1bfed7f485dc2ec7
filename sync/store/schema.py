"""Making the database and bringing an older one up to date.

A new database is built from the tables and stamped; an older one goes through `migrations/`. A test proves that
both ways end at the same schema.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import sqlalchemy as sa

from crm_model.errors import ConfigError
from sync.store.database import Store, Unit, open_engine
from sync.store.search_schema import POSTGRESQL_SEARCH, SQLITE_SEARCH
from sync.store.tables import change_counter, metadata

HEAD = "0018"
"""The newest revision under `migrations/versions`; known here so that opening a database needs no alembic."""

_MIGRATIONS = Path(__file__).with_name("migrations")
_VERSION = sa.table("alembic_version", sa.column("version_num", sa.Text))
_ONE_AT_A_TIME = 0x48697463


def open_store(url: str) -> Store:
    """The database at `url`, made or brought up to date. Errors: ConfigError, Busy, Unreachable."""
    store = Store(open_engine(url))
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(store.close)
        with store.read() as unit:
            version = _version(unit)
        if version != HEAD:
            with store.write() as unit:
                _bring_up_to_date(unit, store.place)
        on_failure.pop_all()
    return store


def _version(unit: Unit) -> str | None:
    if not sa.inspect(unit).has_table(_VERSION.name):
        return None
    version: str | None = unit.execute(sa.select(_VERSION.c.version_num)).scalar_one_or_none()
    return version


def _bring_up_to_date(unit: Unit, place: str) -> None:
    if unit.dialect.name == "postgresql":
        unit.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    version = _version(unit)
    if version == HEAD:  # another process was quicker
        return
    if version is None:
        _create(unit)
        return
    if version > HEAD:
        raise ConfigError(
            f"{place} was written by a newer Hitchpost (schema {version}); upgrade the program", key="database"
        )
    upgrade(unit)


def _create(unit: Unit) -> None:
    metadata.create_all(unit)
    for statement in SQLITE_SEARCH if unit.dialect.name == "sqlite" else POSTGRESQL_SEARCH:
        unit.exec_driver_sql(statement)
    unit.execute(change_counter.insert().values(id=1, value=0))
    unit.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    unit.execute(_VERSION.insert().values(version_num=HEAD))


def upgrade(unit: Unit, revision: str = "head") -> None:
    """Run the migrations up to `revision` inside the caller's transaction."""
    # Alembic takes two seconds to import; only a database that is behind pays for it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["unit"] = unit
    command.upgrade(config, revision)

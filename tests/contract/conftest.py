"""The same tests on both databases."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sync.store.database import Store
from sync.store.schema import open_store
from tests.new_stores import new_store
from tests.servers.needed import need
from tests.servers.postgresql import PACKAGE, program, running_postgresql


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A running cluster; make a database of your own in it."""
    need(program("initdb"), PACKAGE)
    with running_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_url: str) -> str:
    """The name of a database as the program makes it: to copy it costs a third of making another."""
    made = _create(postgresql_url)
    open_store(_within(postgresql_url, made)).close()
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes a database without tables and answers with its URL, as often as asked."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / uuid.uuid4().hex}.db"
    server: str = request.getfixturevalue("postgresql_url")
    return lambda: _within(server, _create(server))


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store on each database."""
    if request.param == "sqlite":
        store = new_store(tmp_path / "any.db")
    else:
        server: str = request.getfixturevalue("postgresql_url")
        store = open_store(_within(server, _create(server, request.getfixturevalue("postgresql_template"))))
    yield store
    store.close()


def _create(server: str, template: str = "template1") -> str:
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def _within(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")

"""The same tests on both databases."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sync.store.database import Store
from sync.store.schema import open_store
from tests.servers.needed import need
from tests.servers.postgresql import PACKAGE, program, running_postgresql


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A running cluster; make a database of your own in it."""
    need(program("initdb"), PACKAGE)
    with running_postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes an empty database and answers with its URL, as often as asked."""
    server: str = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""

    def make() -> str:
        name = f"test_{uuid.uuid4().hex}"
        if not server:
            return f"sqlite:///{tmp_path / name}.db"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return server.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture
def any_url(new_url: Callable[[], str]) -> str:
    """The URL of an empty database."""
    return new_url()


@pytest.fixture
def any_store(any_url: str) -> Iterator[Store]:
    """A store on each database."""
    store = open_store(any_url)
    yield store
    store.close()

"""vtiger keeps the contract: with PHP 7 and PHP 8, in the cloud, for users with other formats; and its own quirks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_adapters.testing import AdapterContract
from crm_model.options import Connection, OptionValue
from tests.fakes.server import FakeServer
from tests.fakes.vtiger import FakeVtiger


@pytest.fixture(autouse=True)
def _new_sessions() -> Iterator[None]:
    yield
    forget_sessions()


@contextlib.contextmanager
def connected(fake: FakeVtiger, user: str = "sam", **options: OptionValue) -> Iterator[Adapter]:
    with FakeServer(fake.answer) as server, contextlib.closing(opened(server, user, **options)) as adapter:
        yield adapter


def opened(server: FakeServer, user: str = "sam", **options: OptionValue) -> Adapter:
    given: dict[str, OptionValue] = {"url": server.url, "user": user, "api": "webservice", **options}
    return registry.load("vtiger").open(Connection("crm", "vtiger", given, lambda: f"{user}key"))


class TestPhp8(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with connected(FakeVtiger(php=8)) as adapter:
            yield adapter


class TestPhp7(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with connected(FakeVtiger(php=7), "tia") as adapter:
            yield adapter


class TestCloud(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with connected(FakeVtiger(php=7, cloud=True), api="cloud") as adapter:
            yield adapter

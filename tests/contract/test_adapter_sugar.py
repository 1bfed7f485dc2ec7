"""Sugar keeps the contract, whatever of the unverified turns out to be so: keys, ids, its own conversion."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_adapters.testing import AdapterContract
from crm_model.options import Connection
from tests.fakes.server import FakeServer
from tests.fakes.sugar.app import PASSWORD, USER, FakeSugar

pytestmark = pytest.mark.timeout(120)


def connect(server: FakeServer, secret: str = PASSWORD, **options: str) -> Adapter:
    chosen = {"url": server.url, "user": USER, **options}
    return registry.load("sugar").open(Connection("crm", "sugar", chosen, lambda: secret))


@pytest.fixture(autouse=True)
def fresh_sessions() -> Iterator[None]:
    yield
    forget_sessions()


class TestSugar(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with FakeServer(FakeSugar().answer) as server:
            opened = connect(server)
            yield opened
            opened.close()


class TestOlderSugar(AdapterContract):
    """No key of ours is kept but the id, and there is no conversion."""

    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        fake = FakeSugar(version="v11_5", sync_keys=False, converts=False, platforms=("base",))
        with FakeServer(fake.answer) as server:
            opened = connect(server)
            yield opened
            opened.close()

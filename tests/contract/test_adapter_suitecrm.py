"""SuiteCRM keeps the contract through both of its interfaces, on both kinds of PHP, for a user with a decimal comma."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_adapters.testing import AdapterContract
from crm_model.options import Connection
from tests.fakes.server import FakeServer
from tests.fakes.suitecrm.app import FakeSuiteCrm
from tests.fakes.suitecrm.store import ADMIN, SAM
from tests.fakes.suitecrm.v8 import CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.timeout(120)


def connect(server: FakeServer, api: str, user: str = "sam", **options: str) -> Adapter:
    person = SAM if user == "sam" else ADMIN
    secret = person.password
    if api == "v8":
        secret = json.dumps({"client_secret": CLIENT_SECRET, "password": person.password})
        options["client_id"] = CLIENT_ID
    chosen = {"url": server.url, "user": user, "api": api, **options}
    return registry.load("suitecrm").open(Connection("crm", "suitecrm", chosen, lambda: secret))


@pytest.fixture(autouse=True)
def fresh_sessions() -> Iterator[None]:
    yield
    forget_sessions()


class TestLegacy(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with FakeServer(FakeSuiteCrm().answer) as server:
            opened = connect(server, "auto")
            yield opened
            opened.close()


class TestJsonApi(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with FakeServer(FakeSuiteCrm(root="legacy/", has_v4_1=False).answer) as server:
            opened = connect(server, "v8")
            yield opened
            opened.close()

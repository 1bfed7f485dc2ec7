"""EspoCRM keeps the contract against a server that behaves as recorded, quirks and faults included."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_adapters.testing import AdapterContract
from crm_model.options import Connection
from tests.fakes.espocrm.server import API_KEY, ID, PASSWORDS, FakeEspo
from tests.fakes.recordings import Exchange, Walk, recorded
from tests.fakes.server import FakeServer


def connection_to(server: FakeServer, user: str = "sam") -> Connection:
    return Connection("crm", "espocrm", {"url": server.url, "user": user}, lambda: PASSWORDS[user])


@pytest.fixture
def fake() -> FakeEspo:
    return FakeEspo()


@pytest.fixture
def server(fake: FakeEspo) -> Iterator[FakeServer]:
    forget_sessions()
    with FakeServer(fake.answer) as running:
        yield running


@pytest.fixture
def adapter(server: FakeServer) -> Iterator[Adapter]:
    opened = registry.load("espocrm").open(connection_to(server))
    yield opened
    opened.close()


class TestEspoCrm(AdapterContract):
    @pytest.fixture
    def adapter(self, server: FakeServer) -> Iterator[Adapter]:
        opened = registry.load("espocrm").open(connection_to(server))
        yield opened
        opened.close()


SKIPPED = {
    "06-metadata": "the recording shows a few fields of 0.4 MB; ours are those the adapter reads",
    "72-convert-attributes": "the adapter makes its own",
}


def test_the_fake_answers_as_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    exchanges = recorded("espocrm")
    walk = Walk(
        made_up=ID,
        of_the_moment=frozenset({"createdAt", "modifiedAt", "convertedAt", "token", "total"}),
        loose=frozenset({"keys"}),  # the recording's own list of what it leaves out
        skip=SKIPPED,
        compared_headers=("x-status-reason", "allow"),
    )
    fake = FakeEspo()
    wrong = walk.over([with_credentials(each) for each in exchanges], fake.answer)
    with capsys.disabled():
        sys.stdout.write(walk.report("espocrm", exchanges))
    assert wrong == {}


def with_credentials(exchange: Exchange) -> Exchange:
    """Basic credentials are one word on the wire, and a recording does not show API keys."""
    request = exchange.request
    found = re.fullmatch(r"Basic <(\w+):([\w-]+)>", request.headers.get("authorization", ""))
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    if found:
        password = PASSWORDS[found[1]] if found[2] == "password" else "wrong"
        headers["authorization"] = "Basic " + base64.b64encode(f"{found[1]}:{password}".encode()).decode()
    if exchange.name == "05-api-key":
        headers["x-api-key"] = API_KEY
    if exchange.name == "18-create-lead-duplicate-skip-header":
        headers["x-skip-duplicate-check"] = "true"
    return replace(exchange, request=replace(request, headers=headers))

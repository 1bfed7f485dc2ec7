"""A fake vtiger, its server, and adapters on it."""

from __future__ import annotations

import contextlib

from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_model.options import Connection, OptionValue
from tests.fakes.server import FakeServer
from tests.fakes.vtiger import FakeVtiger


class Place:
    """A fake, its server, and adapters on it."""

    def __init__(self, stack: contextlib.ExitStack, fake: FakeVtiger) -> None:
        self.fake = fake
        self.server = stack.enter_context(FakeServer(self.fake.answer))
        self._stack = stack

    def adapter(self, user: str = "sam", secret: str = "", **options: OptionValue) -> Adapter:
        given: dict[str, OptionValue] = {"url": self.server.url, "user": user, "api": "webservice", **options}
        connection = Connection("crm", "vtiger", given, lambda: secret or f"{user}key")
        return self._stack.enter_context(contextlib.closing(registry.load("vtiger").open(connection)))

    def writes(self) -> int:
        return len(self.server.took("POST"))

    def count(self, module: str) -> int:
        live = [each for each in self.fake.operations.entities.values() if each.module == module and not each.deleted]
        return len(live)

    def make(self, module: str, **element: object) -> str:
        """A record made past the adapter, by the administrator."""
        operations = self.fake.operations
        number = operations.create(module, {"assigned_user_id": "19x1", **element}, self.fake.users["admin"])
        return str(operations.row(number, operations.entities[number])["id"])

"""A whole fake SuiteCRM: both interfaces over the same records."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

from tests.fakes.server import Reply, Request
from tests.fakes.suitecrm.store import ADMIN, SAM, TIA, Store
from tests.fakes.suitecrm.v4_1 import Crash, Legacy
from tests.fakes.suitecrm.v8 import JsonApi

_REST = "service/v4_1/rest.php"
_CRASH = Reply(500, b"", {"Content-Type": "text/html; charset=UTF-8"})


class FakeSuiteCrm:
    """`root` is "" for SuiteCRM 7 and "legacy/" for 8; `clock` may go wrong."""

    def __init__(
        self,
        *,
        root: str = "",
        php: int = 8,
        version: str = "7.13.2",
        has_v4_1: bool = True,
        has_v8: bool = True,
        filters_addresses: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._root, self._clock = f"/{root}", clock
        self._has = {"v4_1": has_v4_1, "v8": has_v8}
        self.store = Store((ADMIN, SAM, TIA), clock)
        self.legacy = Legacy(self.store, php=php, version=version)
        self.api = JsonApi(self.store, filters_addresses=filters_addresses)
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        with self._lock:
            reply = self._answer(request)
        return Reply(reply.status, reply.body, {"Date": format_datetime(self._clock(), usegmt=True), **reply.headers})

    def _answer(self, request: Request) -> Reply:
        path = request.path.removeprefix(self._root)
        if path == _REST and self._has["v4_1"]:
            return self._rest(request)
        if path.startswith("Api/") and self._has["v8"]:
            return self.api.answer(request, path.removeprefix("Api/").removeprefix("index.php/"))
        return Reply(404, "<html><body>Not Found</body></html>", {"Content-Type": "text/html"})

    def _rest(self, request: Request) -> Reply:
        form = request.form if request.method == "POST" else request.params
        try:
            arguments = json.loads(form.get("rest_data") or "{}")
        except ValueError:
            arguments = {}
        try:
            answer = self.legacy.answer(form.get("method", ""), arguments)
        except Crash:
            return _CRASH
        if form.get("response_type") != "JSON":
            return Reply(200, f"Array\n(\n{answer!r}\n)\n", {"Content-Type": "text/html"})
        return Reply(200, json.dumps(answer), {"Content-Type": "application/json; charset=UTF-8"})

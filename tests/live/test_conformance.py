"""The conformance kit against a live server: `make conformance BACKEND=… URL=… USER=… SECRET=…`; skipped without one.

It runs beside whatever the server holds, and deletes what it made as far as the CRM lets it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter, Backend
from crm_adapters.testing import AdapterContract
from crm_model.options import Connection, OptionType, OptionValue

_NAME = os.environ.get("CONFORMANCE_BACKEND", "")
pytestmark = [
    pytest.mark.skipif(not _NAME, reason="no live server: make conformance BACKEND=… URL=…"),
    pytest.mark.timeout(900),
]


def options_of(backend: Backend) -> dict[str, OptionValue]:
    """The options from the environment: the address, the user, and `OPTIONS` as name=value pairs."""
    known = {spec.name: spec for spec in backend.options}
    given = {name: str(spec.default) for name, spec in known.items() if spec.default not in (None, "", ())}
    url = os.environ.get("CONFORMANCE_URL", "")
    given |= {"url": url, "user": os.environ.get("CONFORMANCE_USER", "")}
    if url.startswith("http:"):
        given["allow_http"] = "true"  # whoever runs this has named the address
    given |= dict(pair.split("=", 1) for pair in os.environ.get("CONFORMANCE_OPTIONS", "").split())
    return {name: _value(known[name].type, text) for name, text in given.items() if name in known and text}


def _value(kind: OptionType, text: str) -> OptionValue:
    if kind is OptionType.BOOLEAN:
        return text.lower() in ("1", "true", "yes")
    if kind is OptionType.INTEGER:
        return int(text)
    return tuple(text.split(",")) if kind is OptionType.LIST else text


class TestLiveServer(AdapterContract):
    one_server = True

    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        backend = registry.load(_NAME)
        secret = os.environ.get("CONFORMANCE_SECRET", "")
        opened = backend.open(Connection("live", _NAME, options_of(backend), lambda: secret))
        yield opened
        opened.close()

"""The notebook keeps Hitchpost's contract, found as Hitchpost finds it: by its entry point."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_adapters.testing import AdapterContract
from crm_model.options import Connection


class TestNotebook(AdapterContract):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Iterator[Adapter]:
        connection = Connection("mine", "notebook", {"path": str(tmp_path / "notebook.json")}, lambda: "")
        opened = registry.load("notebook").open(connection)
        yield opened
        opened.close()

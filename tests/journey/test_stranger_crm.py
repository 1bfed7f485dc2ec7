"""A CRM that a stranger wrote, in a package of its own, is installed, found, and keeps the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journey.stranger import Stranger, install


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    return install("hitchpost-notebook", tmp_path_factory.mktemp("stranger"))


def test_it_is_found_by_its_entry_point(stranger: Stranger, tmp_path: Path) -> None:
    found = stranger.run(tmp_path, "-c", "from crm_adapters import registry; print(registry.load('notebook').title)")
    assert found.stdout == "Notebook\n", found.stderr


def test_it_keeps_the_contract(stranger: Stranger, tmp_path: Path) -> None:
    stranger.test(tmp_path)

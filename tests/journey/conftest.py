"""Places of work, and an outpost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.workplace import Workplace, make_workplace
from tests.servers.outpost import RunningOutpost, running_outpost


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return make_workplace(tmp_path)


@pytest.fixture(scope="module")
def outpost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOutpost]:
    """The real program, for all tests of a module; it is impatient, so that slow clients are seen off soon."""
    with running_outpost(tmp_path_factory.mktemp("outpost"), patience_seconds=1) as running:
        yield running

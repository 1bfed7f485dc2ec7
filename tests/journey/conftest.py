"""Places of work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journey.workplace import Workplace, make_workplace


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return make_workplace(tmp_path)

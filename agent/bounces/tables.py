"""The data files of this room, as they stand."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def read_table(name: str) -> dict[str, Any]:
    """A data file under `agent/bounces/data`."""
    return tomllib.loads(files("agent.bounces").joinpath("data", f"{name}.toml").read_text(encoding="utf-8"))

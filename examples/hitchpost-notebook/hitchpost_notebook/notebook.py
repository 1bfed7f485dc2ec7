"""The CRM itself: a JSON file that several programs may use at once. A real one would be somebody else's server."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crm_model.errors import ConfigError

Page = dict[str, Any]


class Notebook:
    """The file: `open` gives its content, alone with it, and writes it back whole if all went well."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def open(self) -> Iterator[Page]:
        """Errors: ConfigError if the file can't be used."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                page: Page = json.loads(self._path.read_text()) if self._path.exists() else _empty()
                yield page
                fresh = self._path.with_suffix(".new")
                fresh.write_text(json.dumps(page))
                fresh.replace(self._path)  # the whole file or none of it
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self._path} can't be used as a notebook", key="path") from error


def _empty() -> Page:
    return {"seq": 0, "records": {}, "keys": {}, "notes": {}}


def next_seq(page: Page) -> int:
    page["seq"] += 1
    return int(page["seq"])

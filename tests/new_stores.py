"""New databases for tests: copies of one that the program made, since making it costs more than most tests do."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from sync.store.database import Store
from sync.store.schema import open_store


def new_store(path: Path) -> Store:
    """A store at `path`, where no file is yet."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(_made_once())
    return open_store(f"sqlite:///{path}")


def kept_store(path: Path) -> Store:
    """The store at `path`, a new one where there is none."""
    return open_store(f"sqlite:///{path}") if path.exists() else new_store(path)


@functools.cache
def _made_once() -> bytes:
    with tempfile.TemporaryDirectory(prefix="hp-") as folder:
        path = Path(folder) / "new.db"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()

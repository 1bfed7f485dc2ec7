"""Writing a file that only its owner may read, whole or not at all; making its name as durable as its content."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write_private(path: Path, text: str, *, only_new: bool = False) -> None:
    """Replace the file at `path` by one with mode 0600, synced to disk. A link is followed.

    `only_new` refuses to replace a file. Errors: FileExistsError, OSError; the old file is then as it was.
    """
    target = path if only_new else path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = _written_beside(target, text)
    try:
        if only_new:
            os.link(temporary, target)  # unlike rename, this never replaces a file that came meanwhile
        else:
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in it durable: a synced file whose name is lost is lost. Errors: OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written_beside(target: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".hitchpost-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary

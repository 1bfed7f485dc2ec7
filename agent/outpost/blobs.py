"""Uploaded files at an outpost, each under the digest of its bytes and a random word of its own.

Two submissions with one file keep it twice: what the agent acknowledges of the first must not be missed by the second.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from crm_model.errors import NotFound, Rejected, Unreachable
from sync.private_files import sync_folder

_NAME = re.compile(r"[0-9a-f]{64}-[0-9a-f]{16}")
_PART_BYTES = 2**16
_ALWAYS_FREE_BYTES = 64 * 2**20
_FORGOTTEN_SECONDS = 30 * 86_400.0


class BlobFolder:
    """The files of one outpost."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, source: BinaryIO, *, most_bytes: int) -> tuple[str, int]:
        """Copy all of `source`; its name here and its size in bytes. Durable when it returns.

        Errors: Rejected for more than `most_bytes`; Unreachable where the disk refuses or is nearly full.
        """
        try:
            if shutil.disk_usage(self._folder).free < _ALWAYS_FREE_BYTES + most_bytes:
                raise Unreachable("the outpost's disk is nearly full; uploads are refused until there is room.")
            return self._copy(source, most_bytes)
        except OSError as error:
            raise Unreachable(f"the outpost can't keep an upload ({error.strerror}).") from error

    def read(self, blob: str) -> bytes:
        """Errors: NotFound for what is not there, or is no name of ours; Unreachable."""
        path = self._path(blob)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise NotFound("the outpost has no such file (any more).") from error
        except OSError as error:
            raise Unreachable(f"the outpost can't read an upload ({error.strerror}).") from error
        if hashlib.sha256(content).hexdigest() != blob[:64]:
            raise NotFound("the outpost's disk gave back other bytes than were uploaded.")
        return content

    def forget(self, blobs: Sequence[str]) -> None:
        """Delete these; names that are none of ours are passed over."""
        for blob in blobs:
            if _NAME.fullmatch(blob):
                self._path(blob).unlink(missing_ok=True)

    def sweep(self, oldest_event: float | None) -> None:
        """Delete files that no event can name: older than a month and than everything in the spool (in seconds)."""
        before = min(time.time() - _FORGOTTEN_SECONDS, oldest_event or float("inf"))
        for path in self._folder.iterdir():
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)

    def _path(self, blob: str) -> Path:
        if not _NAME.fullmatch(blob):
            raise NotFound("this names no uploaded file.")
        return self._folder / blob

    def _copy(self, source: BinaryIO, most_bytes: int) -> tuple[str, int]:
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".upload-")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                digest = _copy_parts(source, file, most_bytes)
                size = file.tell()
                file.flush()
                os.fsync(file.fileno())
            blob = f"{digest}-{secrets.token_hex(8)}"
            temporary.rename(self._folder / blob)
            sync_folder(self._folder)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return blob, size


def _copy_parts(source: BinaryIO, file: BinaryIO, most_bytes: int) -> str:
    """The digest of what was copied. Errors: Rejected for too much."""
    digest = hashlib.sha256()
    while part := source.read(_PART_BYTES):
        digest.update(part)
        file.write(part)
        if file.tell() > most_bytes:
            raise Rejected(f"a file may have {most_bytes} bytes.")
    return digest.hexdigest()

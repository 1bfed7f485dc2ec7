"""Reading mail files that other programs write at the same time."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crm_model.errors import ConfigError
from crm_model.options import Connection
from sync.mailboxes.contract import HEAD_BYTES, KnownIds

SETTLE_NANOSECONDS = 2_000_000_000
"""A time stamp this young may hide a second change: FAT counts in two seconds, older ext3 and NFS in one."""

_KNOWN_BATCH = 5_000


class NoRegularFile(OSError):
    """A name that is a device, a pipe or a folder where a message should be."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file, its whole size and its modification time in seconds."""

    data: bytes
    size: int
    modified: float


def read_head(path: bytes, limit: int = HEAD_BYTES) -> Head:
    """The first `limit` bytes of a file; never waits for a pipe. Errors: OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NoRegularFile(0, "it is not a regular file")
        wanted = min(status.st_size, limit)
        data = os.read(descriptor, wanted)
        while len(data) < wanted and (more := os.read(descriptor, wanted - len(data))):
            data += more
        return Head(data, status.st_size, status.st_mtime)
    finally:
        os.close(descriptor)


def root_path(connection: Connection) -> Path:
    """The option `path`. Errors: ConfigError if it is empty or there is nothing."""
    text = connection.text("path")
    if not text:
        raise ConfigError("name the folder or file where the mail is.", key="path")
    path = Path(text).expanduser()
    try:
        path.stat()
    except OSError as error:
        raise ConfigError(
            f"{path} can't be read ({error.strerror}); correct the path, or mount the disk it is on.", key="path"
        ) from error
    return path


def to_time(seconds: float) -> datetime | None:
    """Seconds since 1970 as aware UTC, None if they make no sense."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, ValueError, OSError):
        return None


def unknown_ids(uids: Sequence[str], known: KnownIds) -> set[str]:
    """Which of these uids the store does not hold; asked in batches."""
    unknown: set[str] = set()
    for start in range(0, len(uids), _KNOWN_BATCH):
        batch = uids[start : start + _KNOWN_BATCH]
        unknown.update(set(batch) - known(batch))
    return unknown

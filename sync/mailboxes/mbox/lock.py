"""Reading an mbox while no other program writes it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from crm_model.errors import Busy, ConfigError, NotFound

_STALE_SECONDS = 300  # liblockfile's rule for a dotlock without a living owner
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.EBADF)


@contextlib.contextmanager
def open_locked(path: Path) -> Iterator[int]:
    """A descriptor for reading under shared fcntl and flock locks. Errors: Busy, NotFound, ConfigError.

    We make no dotlock ourselves, since a reader need not be allowed to write beside the file; another's is respected.
    """
    _respect_dotlock(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise NotFound(f"The mail file {path} is gone.") from error
    except OSError as error:
        raise ConfigError(f"the mail file {path} can't be read ({error.strerror}).", key="path") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConfigError(f"{path} is no mail file.", key="path")
        _lock(descriptor, path)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    for lock in (fcntl.lockf, fcntl.flock):
        try:
            lock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise Busy(f"The mail file {path} is in use by another program; it will be tried again.") from error


def _respect_dotlock(path: Path) -> None:
    dotlock = path.with_name(f"{path.name}.lock")
    try:
        age = time.time() - dotlock.stat().st_mtime
        owner = dotlock.read_bytes()[:32].strip()
    except FileNotFoundError:
        return
    except OSError:  # it is there, but not for us to read
        age, owner = 0.0, b""
    if age < _STALE_SECONDS or _lives(owner):
        raise Busy(f"Another program has locked the mail file {path} ({dotlock.name}); it will be tried again.")


def _lives(owner: bytes) -> bool:
    if not owner.isdigit() or int(owner) == 0:
        return False
    return Path(f"/proc/{int(owner)}").exists()

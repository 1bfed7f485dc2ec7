"""The folder where submissions lie: each in a folder of its own, which appears whole or not at all.

new/NAME/message      headers and text; the bodies of its files are left out
new/NAME/2, 3, …      the files by their part numbers
waiting/NAME/…        the same, until the person behind it has confirmed it
NAME                  20261201T093000-DIGEST-PERSON: when it came, which one it is, whose it is
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crm_model.errors import NotFound, TryLater
from sync.private_files import sync_folder

MESSAGE, EVENT = "message", "event"
_NEW, _WAITING, _UNFINISHED = "new", "waiting", "unfinished"
_TIME = "%Y%m%dT%H%M%S"
_NAME = re.compile(r"(?P<at>\d{8}T\d{6})-(?P<digest>[0-9a-f]{32})-(?P<person>[0-9a-f]{16})")
_PART = re.compile(r"[1-9]\d{0,3}")


@dataclass(frozen=True, slots=True)
class Name:
    """What a submission's folder is called. `digest` and `person` are hex, of 32 and 16 characters."""

    at: datetime
    digest: str
    person: str

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):{_TIME}}-{self.digest}-{self.person}"


def read_name(text: str) -> Name | None:
    """A name out of its spelling, None for anything else."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    try:
        at = datetime.strptime(found["at"], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Name(at, found["digest"], found["person"])


class SubmissionPlace:
    """The folder. Errors of every call that writes: TryLater while the disk refuses."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, name: Name, message: bytes, files: Mapping[str, bytes], event: bytes, *, waiting: bool) -> None:
        """On the disk when it returns. One that is here already, waiting or not, stays as it is."""
        if self._held(name):
            return
        unfinished = self._root / _UNFINISHED / f"{name.digest}-{secrets.token_hex(4)}"
        try:
            unfinished.mkdir(parents=True, mode=0o700)
            for part, content in {MESSAGE: message, EVENT: event, **files}.items():
                _write(unfinished / part, content)
            sync_folder(unfinished)
            self._move(unfinished, (_WAITING if waiting else _NEW), str(name))
        except OSError as error:
            raise TryLater(f"A submission can't be kept in {self._root}: {error.strerror}; mend the disk.") from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def confirm(self, digest: str) -> Name | None:
        """A waiting submission becomes one like any other, or is one; None if none of this digest is here."""
        held = next((each for each in self.new() if each.digest == digest), None)
        if held is not None:
            return held
        name = next((each for each in self.waiting() if each.digest == digest), None)
        if name is not None:
            try:
                self._move(self._root / _WAITING / str(name), _NEW, str(name))
            except OSError as error:
                raise TryLater(f"A submission can't be moved in {self._root}: {error.strerror}.") from error
        return name

    def drop_waiting(self, name: Name) -> None:
        """Forget one that nobody confirmed."""
        shutil.rmtree(self._root / _WAITING / str(name), ignore_errors=True)

    def waiting(self) -> list[Name]:
        """Those that nobody has confirmed yet, oldest first."""
        return self._names(_WAITING)

    def new(self) -> list[Name]:
        """Those that count, oldest first."""
        return self._names(_NEW)

    def read(self, uid: str, part: str = MESSAGE) -> bytes:
        """A message, or a file of it by its part number. Errors: NotFound, TryLater."""
        path = self._part(uid, part)
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound(f"The submission {uid} has no part {part} (any more).") from error
        except OSError as error:
            raise TryLater(f"The submission {uid} can't be read: {error.strerror}.") from error

    def sizes(self, uid: str) -> dict[str, int]:
        """The files of a submission by part number, in bytes."""
        with contextlib.suppress(OSError):
            found = self._part(uid, MESSAGE).parent.iterdir()
            return {path.name: path.stat().st_size for path in found if _PART.fullmatch(path.name)}
        return {}

    def read_event(self, name: Name) -> bytes:
        """What the outpost said of a submission, waiting or not. Errors: NotFound."""
        for folder in (_NEW, _WAITING):
            with contextlib.suppress(OSError):
                return (self._root / folder / str(name) / EVENT).read_bytes()
        raise NotFound("The submission is gone.")

    def _part(self, uid: str, part: str) -> Path:
        if read_name(uid) is None or (part != MESSAGE and not _PART.fullmatch(part)):
            raise NotFound(f"There is no part {part} of a submission {uid}.")
        return self._root / _NEW / uid / part

    def _held(self, name: Name) -> bool:
        return any(each.digest == name.digest for each in (*self.new(), *self.waiting()))

    def _names(self, folder: str) -> list[Name]:
        try:
            found = [read_name(path.name) for path in (self._root / folder).iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise TryLater(f"{self._root} can't be listed: {error.strerror}; check who owns it.") from error
        return sorted((name for name in found if name is not None), key=str)

    def _move(self, source: Path, folder: str, name: str) -> None:
        goal = self._root / folder
        goal.mkdir(parents=True, exist_ok=True, mode=0o700)
        source.rename(goal / name)
        sync_folder(goal)
        sync_folder(self._root)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())

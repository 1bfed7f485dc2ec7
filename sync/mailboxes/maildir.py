"""Mail in a Maildir, with its subfolders (Maildir++ `.Sent`, or nested `Sent/`), read where it stands.

A message's uid is its unique name, the part before `:2,`. Nothing is renamed: what is in `new` stays in `new`.
The cursor remembers the modification times of `new` and `cur`: unchanged ones mean that nothing happened.
Otherwise the folder is listed and the store is asked which of its messages it holds, so a pass can break off anywhere.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from crm_model.errors import NotFound, NotSupported, TryLater
from crm_model.mail import MailboxChange, MailboxChangeKind, MailboxRole, RawMessage
from crm_model.options import Connection, OptionSpec, OptionType
from sync.mailboxes.attached import part_of
from sync.mailboxes.backfill import BACKFILL_OPTION, backfill_start
from sync.mailboxes.contract import (
    HEAD_BYTES,
    PAGE_BYTES,
    PAGE_MESSAGES,
    Folder,
    KnownIds,
    MailboxKind,
    MailPage,
    MailSource,
)
from sync.mailboxes.files import SETTLE_NANOSECONDS, read_head, root_path, to_time, unknown_ids
from sync.mailboxes.flagsums import bucket_of, changed_buckets, sum_flags
from sync.mailboxes.idsets import PackedNames, to_bytes, to_text
from sync.mailboxes.maildir_change import FLAG_LETTERS, change_messages
from sync.mailboxes.maildir_sent import MaildirSentFolder
from sync.mailboxes.maildir_tree import find_folders
from sync.mailboxes.roles import FOLDERS_OPTION

_GENERATION = "maildir"  # unique names stay unique for ever
_PLACES = (b"new", b"cur")  # this order: a message that moves while we list is then seen twice rather than never
_FLAGS = {letter: flag for flag, letter in FLAG_LETTERS.items()}
_RELIST_SECONDS = 3600  # in spite of unchanged times: some network disks keep them badly


@dataclass(slots=True)
class _Listing:
    """What a folder held: file names by uid, and when that was."""

    names: dict[str, bytes]
    times: tuple[int, ...]
    at: float
    settled: bool


@dataclass(slots=True)
class _Walk:
    """A pass through a folder: what is still to be read, oldest first, and the cursor that continues it."""

    listing: _Listing
    pending: list[tuple[float, str]]
    flags: dict[str, frozenset[str]]
    sums: list[int]
    cursor: str = ""
    failed: dict[str, str] = field(default_factory=dict)


class MaildirSource(MailSource):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._walks: dict[str, _Walk] = {}

    def folders(self) -> tuple[Folder, ...]:
        return find_folders(root_path(self._connection), self._connection)

    def fetch_page(self, folder: Folder, cursor: str, known: KnownIds) -> MailPage:
        path = self._path(folder)
        walk = self._walks.pop(folder.key, None)
        if walk is None or walk.cursor != cursor:
            state = _read_cursor(cursor)
            if self._is_unchanged(path, state):
                return MailPage(_GENERATION, (), cursor, more=False, remaining=0)
            walk = self._begin(path, state, known)
        messages = self._take(path, walk)
        more = bool(walk.pending)
        walk.cursor = self._cursor(walk, more)
        if more:
            self._walks[folder.key] = walk
        page = MailPage(
            generation=_GENERATION,
            messages=messages,
            cursor=walk.cursor,
            more=more,
            remaining=len(walk.pending),
            present=None if more else PackedNames(walk.listing.names),
            flags=walk.flags,
            failed=walk.failed,
        )
        walk.flags, walk.failed = {}, {}
        return page

    def list_uids(self, folder: Folder) -> tuple[str, Iterable[str]]:
        path = self._path(folder)
        listing = _list(path)
        return _GENERATION, [uid for _, uid in self._recent(path, listing, listing.names)]

    def fetch(self, folder: Folder, uid: str) -> RawMessage:
        path = self._path(folder)
        name = _list(path).names.get(uid)
        try:
            message = None if name is None else _read(path, uid, name)
        except OSError as error:
            raise TryLater(f"The message {uid} in {folder.name} can't be read: {error.strerror}.") from error
        if message is None:
            raise NotFound(f"The message {uid} is no longer in {folder.name}.")
        return message

    def fetch_part(self, folder: Folder, uid: str, part: str) -> bytes:
        path = self._path(folder)
        name = _list(path).names.get(uid)
        if name is None:
            raise NotFound(f"The message {uid} is no longer in {folder.name}.")
        try:
            return part_of(read_head(path + b"/" + name, sys.maxsize).data, part)
        except OSError as error:
            raise TryLater(f"The message {uid} in {folder.name} can't be read: {error.strerror}.") from error

    def apply(self, folder: Folder, generation: str, change: MailboxChange, uids: Sequence[str]) -> Collection[str]:
        return change_messages(self._path(folder), self._goal(change), change, set(uids))

    def close(self) -> None:
        self._walks.clear()

    def _goal(self, change: MailboxChange) -> bytes | None:
        """The folder that a change moves to, None if it moves nothing. Errors: NotSupported."""
        if change.kind in (MailboxChangeKind.ADD_FLAG, MailboxChangeKind.REMOVE_FLAG):
            return None
        role = MailboxRole.ARCHIVE if change.kind is MailboxChangeKind.ARCHIVE else MailboxRole.INBOX
        for folder in self.folders():
            if folder.key == change.value or (not change.value and folder.role is role):
                return self._path(folder)
        raise NotSupported(
            f"The Maildir has no folder for {change.value or role.value}; make one.", feature=change.kind.value
        )

    def _path(self, folder: Folder) -> bytes:
        path = os.path.join(os.fsencode(root_path(self._connection)), to_bytes(folder.key))  # noqa: PTH118
        return os.path.normpath(path)

    def _begin(self, path: bytes, state: dict[str, object], known: KnownIds) -> _Walk:
        listing = _list(path)
        unknown = unknown_ids(list(listing.names), known)
        pending = sorted(self._recent(path, listing, unknown))
        changed = changed_buckets(state.get("flags"), sum_flags(_flagged(listing.names, unknown)))
        flags = {
            uid: _flags(name) for uid, name in listing.names.items() if uid not in unknown and bucket_of(uid) in changed
        }
        # Once the pass is over the new messages are known too, with the flags they have here.
        return _Walk(listing, pending, flags, sum_flags(_flagged(listing.names)))

    def _recent(self, path: bytes, listing: _Listing, uids: Iterable[str]) -> Iterator[tuple[float, str]]:
        """Delivery time and uid of the messages within the backfill limit."""
        start = backfill_start(self._connection)
        oldest = start.timestamp() if start else 0.0
        for uid in uids:
            at = _delivered_at(path, listing.names[uid])
            if at >= oldest:
                yield at, uid

    def _take(self, path: bytes, walk: _Walk) -> list[RawMessage]:
        messages: list[RawMessage] = []
        room = PAGE_BYTES - HEAD_BYTES
        while walk.pending and len(messages) < PAGE_MESSAGES and room > 0:
            _, uid = walk.pending.pop()
            try:
                message = _read(path, uid, walk.listing.names[uid])
            except OSError as error:
                walk.failed[uid] = f"The file can't be read: {error.strerror}."
                continue
            if message is not None:
                messages.append(message)
                room -= len(message.data)
        return messages

    def _is_unchanged(self, path: bytes, state: dict[str, object]) -> bool:
        at = state.get("at")
        return (
            state.get("settled") is True
            and state.get("months") == self._months
            and isinstance(at, (int, float))
            and 0 <= time.time() - at < _RELIST_SECONDS
            and state.get("times") == list(_times(path))
        )

    @property
    def _months(self) -> int:
        return self._connection.number(BACKFILL_OPTION.name, 0)

    def _cursor(self, walk: _Walk, more: bool) -> str:
        if more:  # the store knows what it holds; only the place in line matters, so that no two cursors are alike
            return json.dumps({"v": 1, "pending": len(walk.pending)})
        listing = walk.listing
        state = {"times": listing.times, "at": listing.at, "settled": listing.settled, "flags": walk.sums}
        return json.dumps({"v": 1, "months": self._months} | state, separators=(",", ":"))


def _read_cursor(cursor: str) -> dict[str, object]:
    try:
        state = json.loads(cursor) if cursor else {}
    except ValueError:
        return {}
    return state if isinstance(state, dict) and state.get("v") == 1 else {}


def _times(path: bytes) -> tuple[int, ...]:
    try:
        return tuple(os.stat(path + b"/" + place).st_mtime_ns for place in _PLACES)  # noqa: PTH116
    except OSError as error:
        raise _gone(path, error) from error


def _list(path: bytes) -> _Listing:
    """The messages in `new` and `cur`. Errors: NotFound."""
    at, times = time.time(), _times(path)
    names: dict[str, bytes] = {}
    try:
        for place in _PLACES:
            for name in os.listdir(path + b"/" + place):  # noqa: PTH208
                if not name.startswith(b"."):
                    names[to_text(name.partition(b":")[0])] = place + b"/" + name
    except OSError as error:
        raise _gone(path, error) from error
    settled = at * 1e9 - max(times) > SETTLE_NANOSECONDS
    return _Listing(names, times, at, settled)


def _gone(path: bytes, error: OSError) -> NotFound:
    shown = to_text(path)
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotFound(f"The folder {shown} may not be read; allow it to the user that runs Hitchpost.")
    return NotFound(f"The folder {shown} is gone ({error.strerror}).")


def _delivered_at(path: bytes, name: bytes) -> float:
    """The older of the time in the name and the file's own: copying makes young files, fetching young names."""
    digits = name[4:].partition(b".")[0]
    named = float(digits) if digits.isdigit() and 9 <= len(digits) <= 10 else float("inf")
    try:
        return min(named, os.stat(path + b"/" + name).st_mtime)  # noqa: PTH116
    except OSError:
        return named if named < float("inf") else time.time()


def _read(path: bytes, uid: str, name: bytes) -> RawMessage | None:
    """The message, under a new name if its flags changed meanwhile; None if it is gone. Errors: OSError."""
    try:
        head = read_head(path + b"/" + name)
    except FileNotFoundError:
        renamed = _list(path).names.get(uid)
        if renamed is None or renamed == name:
            return None
        name = renamed
        try:
            head = read_head(path + b"/" + name)
        except FileNotFoundError:
            return None
    return RawMessage(
        uid=uid,
        data=head.data,
        size=head.size,
        flags=_flags(name),
        received_at=to_time(_delivered_at(path, name)),
        truncated=head.size > len(head.data),
    )


def _flags(name: bytes) -> frozenset[str]:
    _, found, letters = name.partition(b":2,")
    return frozenset(_FLAGS[chr(letter)] for letter in letters if chr(letter) in _FLAGS) if found else frozenset()


def _flagged(names: dict[str, bytes], leave_out: Collection[str] = ()) -> Iterator[tuple[str, bytes]]:
    for uid, name in names.items():
        letters = name.partition(b":2,")[2]
        if letters and uid not in leave_out:
            yield uid, letters


MAILDIR = MailboxKind(
    name="maildir",
    title="Maildir folder",
    options=(
        OptionSpec("path", OptionType.PATH, "The folder that holds cur, new and tmp.", required=True),
        FOLDERS_OPTION,
        BACKFILL_OPTION,
    ),
    open=MaildirSource,
    open_sent=MaildirSentFolder,
)

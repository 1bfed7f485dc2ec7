"""Mail in mbox files as a source of mail, read where they stand.

A file that only grew is read from its old end on. One that was rewritten (flags, compaction) is read through again;
uids are digests of the messages, so the store then says which of them are new.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from crm_model.errors import NotFound
from crm_model.mail import RawMessage
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
from sync.mailboxes.files import unknown_ids
from sync.mailboxes.flagsums import bucket_of, changed_buckets, sum_flags
from sync.mailboxes.idsets import PackedNames
from sync.mailboxes.mbox.content import flags_of, read_message, time_of
from sync.mailboxes.mbox.files import file_of, find_files
from sync.mailboxes.mbox.index import Index, Stamp, build_index
from sync.mailboxes.mbox.lock import open_locked
from sync.mailboxes.mbox.scan import FileView, Span, begins_message, skip_blank
from sync.mailboxes.roles import FOLDERS_OPTION

_GENERATION = "mbox"  # a digest means the same for ever


@dataclass(slots=True)
class _Walk:
    """A pass through a file: numbers in the index still to be read, taken from the end."""

    index: Index
    pending: list[tuple[int, str]]
    flags: dict[str, frozenset[str]]
    sums: list[int]
    whole: bool
    cursor: str = ""


class MboxSource(MailSource):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._walks: dict[str, _Walk] = {}

    def folders(self) -> tuple[Folder, ...]:
        return find_files(self._connection)

    def fetch_page(self, folder: Folder, cursor: str, known: KnownIds) -> MailPage:
        path, walk = self._path(folder), self._walks.pop(folder.key, None)
        state = _read_cursor(cursor)
        stamp = _read_stamp(state)
        if stamp is not None and state.get("months") == self._months and stamp.same_file(_status(path)):
            return MailPage(_GENERATION, (), cursor, more=False, remaining=0)
        with open_locked(path) as descriptor:
            view = FileView(descriptor)
            if walk is None or walk.cursor != cursor or not _still_holds(walk.index, view, path):
                walk = self._begin(descriptor, view, state, known)
            messages = _take(view, walk)
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
            present=PackedNames(walk.index.uids()) if walk.whole and not more else None,
            flags=walk.flags,
        )
        walk.flags = {}
        return page

    def list_uids(self, folder: Folder) -> tuple[str, Iterable[str]]:
        index = self._index(folder)
        return _GENERATION, [uid for uid in index.uids() if uid not in index.old]

    def fetch(self, folder: Folder, uid: str) -> RawMessage:
        with self._found(folder, uid) as (view, span):
            return _message(view, span, uid)

    def fetch_part(self, folder: Folder, uid: str, part: str) -> bytes:
        with self._found(folder, uid) as (view, span):
            return part_of(read_message(view, span, span.end - span.first)[1], part)

    @contextlib.contextmanager
    def _found(self, folder: Folder, uid: str) -> Iterator[tuple[FileView, Span]]:
        """The file, and where in it the message stands. Errors: NotFound."""
        with open_locked(self._path(folder)) as descriptor:
            view = FileView(descriptor)
            index = build_index(descriptor, view, oldest=None)
            number = next((number for number in range(len(index)) if index.uid(number) == uid), None)
            if number is None:
                raise NotFound(f"The message {uid} is no longer in {folder.name}.")
            yield view, index.span(number)

    def close(self) -> None:
        self._walks.clear()

    @property
    def _months(self) -> int:
        return self._connection.number(BACKFILL_OPTION.name, 0)

    def _path(self, folder: Folder) -> Path:
        return file_of(folder, self._connection)

    def _index(self, folder: Folder) -> Index:
        with open_locked(self._path(folder)) as descriptor:
            return build_index(descriptor, FileView(descriptor), oldest=backfill_start(self._connection))

    def _begin(self, descriptor: int, view: FileView, state: dict[str, object], known: KnownIds) -> _Walk:
        stamp, oldest = _read_stamp(state), backfill_start(self._connection)
        if stamp is not None and state.get("months") == self._months and stamp.grew(view):
            grown = _grown_index(descriptor, view, stamp, known)
            if grown is not None:
                pending = list(enumerate(grown.uids()))
                return _Walk(grown, pending, {}, _added(state.get("flags"), _sums(grown)), whole=False)
        index = build_index(descriptor, view, oldest=oldest)
        unknown = unknown_ids(list(index.uids()), known)
        pending = [(number, uid) for number, uid in enumerate(index.uids()) if uid in unknown and uid not in index.old]
        changed = changed_buckets(state.get("flags"), _sums(index, leave_out=unknown))
        flags = {
            uid: index.flagged.get(uid, frozenset())
            for uid in index.uids()
            if uid not in unknown and bucket_of(uid) in changed
        }
        return _Walk(index, pending, flags, _sums(index), whole=True)

    def _cursor(self, walk: _Walk, more: bool) -> str:
        if more:
            return json.dumps({"v": 1, "pending": len(walk.pending)})
        state = {"months": self._months, "stamp": asdict(walk.index.stamp), "flags": walk.sums}
        return json.dumps({"v": 1} | state, separators=(",", ":"))


def _read_cursor(cursor: str) -> dict[str, object]:
    try:
        state = json.loads(cursor) if cursor else {}
    except ValueError:
        return {}
    return state if isinstance(state, dict) and state.get("v") == 1 else {}


def _read_stamp(state: dict[str, object]) -> Stamp | None:
    stamp = state.get("stamp")
    try:
        return Stamp(**stamp) if isinstance(stamp, dict) else None
    except TypeError:
        return None


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise NotFound(f"The mail file {path} is gone ({error.strerror}).") from error


def _still_holds(index: Index, view: FileView, path: Path) -> bool:
    """Whether the messages still stand where the index saw them."""
    status = _status(path)
    same = (index.stamp.size, index.stamp.modified) == (status.st_size, status.st_mtime_ns)
    return same or index.stamp.grew(view)


def _grown_index(descriptor: int, view: FileView, stamp: Stamp, known: KnownIds) -> Index | None:
    """The messages after the old end; None if what was the last message grew instead."""
    start = skip_blank(view, stamp.size)
    if start < view.size and not begins_message(view, start):
        return None
    index = build_index(descriptor, view, oldest=None, start=start)
    taken: set[str] = set()
    for number in range(len(index)):  # the same message as an older one gets the next number
        while (uid := index.uid(number)) in taken or known([uid]):
            index.ordinals[number] += 1
        taken.add(uid)
    return index


def _sums(index: Index, leave_out: Collection[str] = ()) -> list[int]:
    flagged = ((uid, flags) for uid, flags in index.flagged.items() if uid not in leave_out)
    return sum_flags((uid, " ".join(sorted(flags)).encode()) for uid, flags in flagged)


def _added(before: object, more: list[int]) -> list[int]:
    if not isinstance(before, list) or len(before) != len(more):
        return more
    return [(old + new) & 0xFFFFFFFF for old, new in zip(before, more, strict=True)]


def _take(view: FileView, walk: _Walk) -> list[RawMessage]:
    messages: list[RawMessage] = []
    room = PAGE_BYTES - HEAD_BYTES
    while walk.pending and len(messages) < PAGE_MESSAGES and room > 0:
        number, uid = walk.pending.pop()
        message = _message(view, walk.index.span(number), uid)
        messages.append(message)
        room -= len(message.data)
    return messages


def _message(view: FileView, span: Span, uid: str) -> RawMessage:
    header, data = read_message(view, span)
    size = span.end - span.first
    return RawMessage(
        uid=uid,
        data=data,
        size=max(size, len(data)) if size > HEAD_BYTES else len(data),
        flags=flags_of(header),
        received_at=time_of(view.line(span.start)),
        truncated=size > HEAD_BYTES,
    )


MBOX = MailboxKind(
    name="mbox",
    title="mbox file",
    options=(
        OptionSpec("path", OptionType.PATH, "The mail file, or a folder with mail files.", required=True),
        FOLDERS_OPTION,
        BACKFILL_OPTION,
    ),
    open=MboxSource,
)

"""One signed-in connection to an IMAP server: the few commands that reading needs.

All commands go to the imaplib object below imapclient, whose lexer takes four times as long as all the rest. A
connection that broke is made anew by the next command.
"""

from __future__ import annotations

import contextlib
import imaplib
import time
from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from crm_model.errors import NotFound, TryLater, Unreachable
from crm_model.options import Connection
from sync.mailboxes.imap.errors import Refused, our_errors, server_text
from sync.mailboxes.imap.login import open_client, refuse_plain_text, shut
from sync.mailboxes.imap.replies import Fetched, Listed, Piece, Status, folder_name, read_fetch, read_list, read_status
from sync.mailboxes.imap.structure import Value, read_items

_RESTED_SECONDS = 20.0
_SEARCH_WINDOW = 50_000
"""Messages per SEARCH: imaplib takes no line of more than 1,000,000 bytes."""

_ENUMERATIONS = 3


class Session:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._host = connection.text("host")
        self._client: Any = None
        self._used_at = 0.0
        self._capabilities: frozenset[str] = frozenset()
        self._selected: bytes | None = None
        refuse_plain_text(connection)

    @property
    def has_condstore(self) -> bool:
        return self.has("CONDSTORE")

    def has(self, capability: str) -> bool:
        """Whether the server offers it, once signed in."""
        self._connected()
        return capability in self._capabilities and (capability != "QRESYNC" or "ENABLE" in self._capabilities)

    def list_folders(self) -> list[Listed]:
        """Every folder that can be opened, SPECIAL-USE attributes included."""
        imap = self._connected()
        arguments = ['""', "*"]
        if "SPECIAL-USE" in self._capabilities and "LIST-EXTENDED" in self._capabilities:
            arguments += ["RETURN", "(SPECIAL-USE)"]
        with self._errors():
            imap.untagged_responses.pop("LIST", None)
            kind, data = imap._simple_command("LIST", *arguments)
            self._check(kind, data)
            pieces: list[Piece] = imap._untagged_response(kind, data, "LIST")[1]
        return [found for found in read_list(pieces) if not found.attributes & {"\\noselect", "\\nonexistent"}]

    def status(self, raw: bytes) -> Status:
        """What a folder holds, without opening it. Errors: NotFound."""
        imap = self._connected()
        items = (
            "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)" if self.has_condstore else "(MESSAGES UIDNEXT UIDVALIDITY)"
        )
        with self._errors():
            imap.untagged_responses.pop("STATUS", None)
            kind, data = imap.status(self.quoted(raw), items)
        self._check_folder(kind, data, raw)
        return read_status(data)

    def is_selected(self, raw: bytes) -> bool:
        return self._client is not None and self._selected == raw

    def examine(self, raw: bytes) -> Status:
        """Open a folder for reading. Errors: NotFound.

        Courier gives lasting UIDVALIDITY and UIDs only to SELECT; for all others EXAMINE leaves even `\\Recent` alone.
        """
        welcome = self._connected().welcome or b""
        return self._open(raw, readonly=b"Courier" not in welcome)

    def select(self, raw: bytes) -> Status:
        """Open a folder for changes. Errors: NotFound."""
        return self._open(raw, readonly=False)

    def _open(self, raw: bytes, *, readonly: bool) -> Status:
        imap = self._connected()
        self._selected = None
        with self._errors():
            try:
                kind, data = imap.select(self.quoted(raw), readonly=readonly)
            except imaplib.IMAP4.readonly:
                kind, data = imap.select(self.quoted(raw), readonly=True)
        self._check_folder(kind, data, raw)
        self._selected = raw
        answers = imap.untagged_responses
        return Status(
            _number(answers.get("EXISTS")),
            _number(answers.get("UIDNEXT")),
            _number(answers.get("UIDVALIDITY")),
            _number(answers.get("HIGHESTMODSEQ")) or 0,
        )

    def search(self, criteria: str) -> array[int]:
        """Uids of the open folder that match, ascending. The answer must fit in one line; see `all_uids`."""
        imap = self._connected()
        with self._errors():
            imap.untagged_responses.pop("SEARCH", None)
            kind, data = imap.uid("SEARCH", criteria)
            self._check(kind, data)
        return array("Q", sorted({int(word) for line in data if line for word in line.split() if word.isdigit()}))

    def all_uids(self, raw: bytes, extra: str = "") -> array[int]:
        """Every uid of a folder (that matches `extra`), asked in windows of sequence numbers; opens it anew.

        An expunge between two windows moves the numbers, so the folder is asked again then. Errors: Unreachable
        if it never holds still: half a list must not pass for a whole one.
        """
        for _ in range(_ENUMERATIONS):
            count = self.examine(raw).messages or 0
            found = array("Q")
            for first in range(1, count + 1, _SEARCH_WINDOW):
                last = min(count, first + _SEARCH_WINDOW - 1)
                found.extend(self.search(f"{first}:{last} {extra}".strip()))
            imap = self._connected()
            moved = "EXPUNGE" in imap.untagged_responses or "VANISHED" in imap.untagged_responses
            if not moved and self._selected == raw and (extra or len(found) == count):
                return array("Q", sorted(found))
        raise Unreachable("The folder changes faster than it can be listed; it will be tried again.")

    def fetch(self, uids: str, items: str) -> list[Fetched]:
        """Messages of the open folder. Errors: Refused, Unreachable."""
        return list(read_fetch(self._fetch(uids, items)))

    def fetch_items(self, uids: str, items: str) -> list[dict[bytes, Value]]:
        """The same for items that are nested, by their names. Errors: Refused, Unreachable."""
        return list(read_items(self._fetch(uids, items)))

    def fetch_changes(self, uids: str, since: int, *, vanished: bool) -> tuple[list[Fetched], list[str]]:
        """Flags that changed after a mod-sequence and, with QRESYNC, sets of uids that went away (RFC 7162 3.2.6).

        imapclient knows no VANISHED: the lines lie among imaplib's untagged responses. Errors: Refused, Unreachable.
        """
        imap = self._connected()
        imap.untagged_responses.pop("VANISHED", None)
        modifier = f"(CHANGEDSINCE {since}{' VANISHED' if vanished else ''})"
        fetched = list(read_fetch(self._fetch(uids, "(UID FLAGS)", modifier)))
        lines = imap.untagged_responses.pop("VANISHED", None) or []
        gone = [line.decode("ascii", "replace").rpartition(" ")[2] for line in lines if isinstance(line, bytes)]
        return fetched, gone

    def _fetch(self, uids: str, items: str, modifier: str = "") -> Sequence[Piece]:
        imap = self._connected()
        with self._errors():
            imap.untagged_responses.pop("FETCH", None)
            kind, data = imap.uid("FETCH", uids, items, *([modifier] if modifier else []))
            self._check(kind, data)
        answer: Sequence[Piece] = data
        return answer

    def change(self, command: str, uids: str, *arguments: str | bytes) -> None:
        """STORE, MOVE, COPY or EXPUNGE by uids in the folder that `select` opened. Errors: Refused, Unreachable."""
        imap = self._connected()
        with self._errors():
            self._check(*imap.uid(command, uids, *arguments))

    def create(self, raw: bytes) -> None:
        """Make a folder. Errors: Refused."""
        imap = self._connected()
        with self._errors():
            self._check(*imap.create(self.quoted(raw)))

    def keeps(self, keyword: str) -> bool:
        """Whether the open folder keeps this keyword (PERMANENTFLAGS, RFC 3501 7.1)."""
        told = (self._connected().untagged_responses.get("PERMANENTFLAGS") or [b""])[-1]
        flags = told.lower().strip(b"()").split()
        return b"\\*" in flags or keyword.lower().encode() in flags

    def message_ids(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The Message-IDs of those of these messages that the open folder holds, b"" where there is none."""
        imap = self._connected()
        found: dict[int, bytes] = {}
        with self._errors():
            for uid in uids:
                imap.untagged_responses.pop("FETCH", None)
                kind, data = imap.uid("FETCH", str(uid), "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
                self._check(kind, data)
                for piece in data:
                    if isinstance(piece, tuple):
                        found[uid] = piece[1].partition(b":")[2].strip()
        return found

    def holds(self, message_id: bytes) -> bool:
        """Whether the open folder has a message with this Message-ID."""
        imap = self._connected()
        with self._errors():
            imap.untagged_responses.pop("SEARCH", None)
            kind, data = imap.uid("SEARCH", "HEADER", "Message-ID", self.quoted(message_id))
            self._check(kind, data)
        return any(line and line.split() for line in data)

    def append(self, raw: bytes, data: bytes, at: datetime) -> None:
        """Put a message into a folder, marked as read. Errors: Refused, Unreachable: it may be there even so."""
        imap = self._connected()
        with self._errors():
            self._check(*imap.append(self.quoted(raw), "(\\Seen)", at, data))

    @staticmethod
    def quoted(raw: bytes) -> bytes:
        """Text as a quoted string (RFC 3501 4.3)."""
        return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'

    @contextlib.contextmanager
    def link(self) -> Iterator[Any]:
        """imaplib's object as it is, for a conversation of its own; errors become ours and end the connection."""
        with self._errors():
            if self._client is None:
                raise Unreachable(f"The connection to {self._host} is gone.")
            yield self._client._imap

    def prove(self) -> None:
        """NOOP. Errors: Unreachable."""
        with self._errors():
            self._check(*self._client._imap.noop())

    def close(self) -> None:
        client, self._client, self._selected = self._client, None, None
        if client is not None:
            try:
                client.logout()
            except (imaplib.IMAP4.error, OSError):
                shut(client)

    def drop(self) -> None:
        """Forget a connection that can't be trusted any more."""
        client, self._client, self._selected = self._client, None, None
        if client is not None:
            shut(client)

    def _connected(self) -> Any:
        """imaplib's object; a connection that has rested is tried before anything depends on it."""
        if self._client is not None and time.monotonic() - self._used_at > _RESTED_SECONDS:
            self._try_out()
        if self._client is None:
            self._client, self._capabilities = open_client(self._connection)
        self._used_at = time.monotonic()
        return self._client._imap

    def _try_out(self) -> None:
        try:
            with self._errors():
                self._check(*self._client._imap.noop())
        except TryLater:
            self.drop()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Errors become ours, and a connection that broke in the middle of an answer is not used again."""
        try:
            with our_errors(self._connection.name, self._host):
                yield
        except TryLater as error:
            if not isinstance(error, Refused):
                self.drop()
            raise

    @staticmethod
    def _check(kind: str, data: Sequence[Piece]) -> None:
        if kind != "OK":
            last = data[-1] if data else None
            raise imaplib.IMAP4.error(server_text(last if isinstance(last, bytes) else b""))

    def _check_folder(self, kind: str, data: Sequence[Piece], raw: bytes) -> None:
        try:
            with self._errors():
                self._check(kind, data)
        except Refused as error:
            name = folder_name(raw)
            if error.folder_is_gone:
                raise NotFound(f"The folder “{name}” is no longer on {self._host}.") from error
            # One folder that can't be opened must not keep the others from being read.
            raise NotFound(f"{self._host} does not open the folder “{name}” ({error.answer}).") from error


def _number(answer: Sequence[Piece] | None) -> int | None:
    first = answer[-1] if answer else None
    return int(first) if isinstance(first, bytes) and first.isdigit() else None

"""Waiting for news in the inbox with IDLE (RFC 2177), on a connection of its own.

    IDLE … DONE, NOOP, IDLE …      a new round every few minutes: servers end a session after 29 minutes without a
                                   command, routers forget a silent connection much earlier, and NOOP proves the link

imapclient's `idle` fails at a server that talks before its "+" (Dovecot tells news there), and its `idle_check` takes
the end of the connection for silence; so the lines are read here.
"""

from __future__ import annotations

import re
import select
import time
from typing import Any

from crm_model.errors import NotSupported, Unreachable
from crm_model.options import Connection
from sync.mailboxes.contract import MailWatch
from sync.mailboxes.imap.session import Session

ROUND_SECONDS = 240.0
_LINES_BEFORE_READY = 50
_NEWS = re.compile(rb"\* (?:\d+ (?:EXISTS|EXPUNGE|FETCH)|VANISHED)", re.IGNORECASE)


class ImapWatch(MailWatch):
    def __init__(self, connection: Connection) -> None:
        self._session = Session(connection)
        self._host = connection.text("host")
        self._tag: bytes | None = None
        self._round_ends = 0.0

    def wait(self, seconds: float) -> bool:
        began_anew = self._tag is None
        if began_anew:
            self._session.examine(b"INBOX")
            if not self._session.has("IDLE"):
                raise NotSupported(f"{self._host} has no IDLE; it is asked from time to time.", feature="idle")
            self._begin()
            return True  # something may have come while nobody watched
        if time.monotonic() >= self._round_ends:
            self._end()
            self._session.prove()
            self._begin()
            return True  # the answers to NOOP are imaplib's; one look is cheap
        if not self._is_readable(min(seconds, self._round_ends - time.monotonic())):
            return False
        told = [self._read(), *self._end(), *self._begin()]
        return any(map(_NEWS.match, told))

    def close(self) -> None:
        self._tag = None
        self._session.drop()  # LOGOUT would have to wait for the end of IDLE

    def _begin(self) -> list[bytes]:
        """IDLE, and what the server said before it was ready: news too."""
        told: list[bytes] = []
        with self._session.link() as imap:
            tag: bytes = imap._new_tag()
            imap.send(tag + b" IDLE\r\n")
            while len(told) < _LINES_BEFORE_READY and not (line := self._read()).startswith(tag):
                if line.startswith(b"+"):
                    self._tag, self._round_ends = tag, time.monotonic() + ROUND_SECONDS
                    return told
                told.append(line)
        self._session.drop()
        raise NotSupported(f"{self._host} refuses to IDLE; it is asked from time to time.", feature="idle")

    def _end(self) -> list[bytes]:
        """DONE, and what the server said before its answer to that."""
        tag, self._tag = self._tag or b"", None
        told: list[bytes] = []
        with self._session.link() as imap:
            imap.send(b"DONE\r\n")
            while not (line := self._read()).startswith(tag):
                told.append(line)
        return told

    def _read(self) -> bytes:
        with self._session.link() as imap:
            line: bytes = imap.readline()
            if not line or line.startswith(b"* BYE"):
                self._tag = None
                raise Unreachable(f"{self._host} ended the connection; it will be tried again.")
            return line

    def _is_readable(self, seconds: float) -> bool:
        with self._session.link() as imap:
            sock: Any = imap.sock
            if getattr(sock, "pending", lambda: 0)():  # TLS has read ahead
                return True
            poller = select.poll()
            poller.register(sock.fileno(), select.POLLIN)
            return bool(poller.poll(max(0.0, seconds) * 1000))

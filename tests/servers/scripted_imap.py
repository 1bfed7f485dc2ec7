"""A small IMAP server on loopback that misbehaves on request: what no real server does when a test wants it.

It holds one folder of messages. `fault` sees every command and may answer in the server's place.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

DROP = b"<drop the connection>"
"""What a fault answers to have the connection closed; bytes before it are sent."""

_FETCH = re.compile(r"UID FETCH (\S+) \((.*?)\)(?: \(CHANGEDSINCE (\d+)\))?$", re.IGNORECASE)


@dataclass
class ScriptedImap:
    """`fault(command without tag)` answers None to go on as usual, or all the answer's lines with `TAG` for the tag."""

    messages: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, str] = field(default_factory=dict)
    capabilities: str = "IMAP4rev1"
    greeting: bytes = b"* OK ready\r\n"
    uidvalidity: int = 7
    tells_uidnext: bool = True
    is_read_only: bool = False
    folders: bytes = b'* LIST () "/" INBOX\r\n'
    fault: Callable[[str], bytes | None] = lambda command: None
    commands: list[str] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> ScriptedImap:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            connection.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            connection.sendall(self.greeting)
            for line in lines:
                tag, _, command = line.decode("latin-1").rstrip("\r\n").partition(" ")
                self.commands.append(command)
                answer = self.fault(command)
                if answer is None:
                    answer = self._answer(command)
                answer = answer.replace(b"TAG", tag.encode())
                kept, dropped, _ = answer.partition(DROP)
                connection.sendall(kept)
                if dropped or command.upper().startswith("LOGOUT"):
                    connection.shutdown(socket.SHUT_RDWR)
                    return

    def _answer(self, command: str) -> bytes:
        upper = command.upper()
        if upper.startswith("UID FETCH"):
            return self._fetch(command)
        if upper.startswith(("EXAMINE", "SELECT")):
            return self._select(b"READ-ONLY" if upper.startswith("EX") or self.is_read_only else b"READ-WRITE")
        return self._untagged(command, upper) + b"TAG OK done\r\n"

    def _untagged(self, command: str, upper: str) -> bytes:
        if upper.startswith("CAPABILITY"):
            return f"* CAPABILITY {self.capabilities}\r\n".encode()
        if upper.startswith("STATUS"):
            held = f"MESSAGES {len(self.messages)}{self._uidnext()} UIDVALIDITY {self.uidvalidity}"
            return f'* STATUS "INBOX" ({held})\r\n'.encode()
        if upper.startswith("UID SEARCH"):
            found = " ".join(str(uid) for uid in self._matching(command[len("UID SEARCH ") :]))
            return f"* SEARCH {found}".rstrip().encode() + b"\r\n"
        return {"LIST": self.folders, "LOGOUT": b"* BYE bye\r\n"}.get(upper.partition(" ")[0], b"")

    def _uidnext(self) -> str:
        return f" UIDNEXT {max(self.messages, default=0) + 1}" if self.tells_uidnext else ""

    def _select(self, access: bytes) -> bytes:
        lines = [f"* {len(self.messages)} EXISTS", "* 0 RECENT", f"* OK [UIDVALIDITY {self.uidvalidity}] valid"]
        if self.tells_uidnext:
            lines.append(f"* OK [{self._uidnext().strip()}] next")
        return "\r\n".join([*lines, ""]).encode() + b"TAG OK [%b] done\r\n" % access

    def _matching(self, criteria: str) -> list[int]:
        found = sorted(self.messages)
        words = criteria.split()
        while words:
            word = words.pop(0)
            if word == "UID":
                wanted = self.read_set(words.pop(0))
                found = [uid for uid in found if uid in wanted]
            elif ":" in word:
                first, last = map(int, word.split(":"))
                found = found[first - 1 : last]
        return found

    def read_set(self, text: str) -> set[int]:
        """The uids of a set among those that exist; `n:*` always has the last one."""
        wanted: set[int] = set()
        top = max(self.messages, default=0)
        for part in text.split(","):
            first, _, last = part.partition(":")
            ends = [top if end == "*" else int(end) for end in (first, last or first)]
            wanted.update(uid for uid in self.messages if min(ends) <= uid <= max(ends))
        return wanted

    def _fetch(self, command: str) -> bytes:
        found = _FETCH.match(command)
        assert found, command
        return b"".join(map(self.one(found[2]), sorted(self.read_set(found[1])))) + b"TAG OK done\r\n"

    def one(self, items: str) -> Callable[[int], bytes]:
        """The FETCH answer for a uid."""

        def answer(uid: int) -> bytes:
            number, data = sorted(self.messages).index(uid) + 1, self.messages[uid]
            text = f"* {number} FETCH (UID {uid} FLAGS ({self.flags.get(uid, '')}) RFC822.SIZE {len(data)}".encode()
            if "BODY" in items:
                text += b' INTERNALDATE " 1-Mar-2024 08:00:00 +0000" BODY[]<0> {%d}\r\n%b' % (len(data), data)
            return text + b")\r\n"

        return answer

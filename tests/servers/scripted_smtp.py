"""An SMTP server for tests: it keeps what it takes, and fails where it is told to.

A fault names the place ("connect", "ehlo", "mail", "rcpt", "data", "text", "dot") and what happens there: an answer to
give instead, or `CUT`. At "dot" there are two ways to cut: before the mail is taken, or after (`CUT_TAKEN`).
"""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

CUT, CUT_TAKEN, HANG = "cut", "cut taken", "hang"


@dataclass(frozen=True)
class Taken:
    """A mail that the server said yes to, or took before it hung up."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


@dataclass
class ScriptedSmtp:
    """`faults` are used up one after the other; `refusals` (address to answer) hold as long as they stand."""

    port: int = 0
    extensions: list[str] = field(default_factory=lambda: ["SIZE 1000000", "8BITMIME"])
    faults: dict[str, list[str]] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    password: str = ""
    mechanisms: str = "PLAIN LOGIN XOAUTH2"
    accepts: Callable[[str], bool] | None = None
    on_taken: Callable[[Taken], None] = lambda _mail: None
    taken: list[Taken] = field(default_factory=list)
    sessions: int = 0
    commands: list[str] = field(default_factory=list)
    drip_seconds: float = 0.0

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ConnectionError, EOFError), connection:
            _Session(self, connection).run()

    def fault(self, place: str) -> str | None:
        waiting = self.faults.get(place)
        return waiting.pop(0) if waiting else None


class _Session:
    def __init__(self, server: ScriptedSmtp, connection: socket.socket) -> None:
        self._server, self._connection = server, connection
        self._lines = connection.makefile("rb")
        self._sender, self._recipients = "", list[str]()

    def run(self) -> None:
        self._server.sessions += 1
        if not self._answer("connect", "220 scripted"):
            return
        for raw in self._lines:
            line = raw.decode("utf-8").rstrip("\r\n")
            self._server.commands.append(line)
            if not self._command(line):
                return

    def _command(self, line: str) -> bool:
        answers: dict[str, Callable[[str], bool]] = {
            "EHLO": self._ehlo,
            "AUTH": lambda line: self._answer("auth", self._login(line)),
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": lambda _line: self._answer("data", "354 go on") and self._text(),
            "QUIT": lambda _line: self._answer("quit", "221 bye") and False,
        }
        return answers.get(line[:4].upper(), lambda _line: self._answer("rset", "250 fine"))(line)

    def _ehlo(self, _line: str) -> bool:
        names = [*self._server.extensions, *([f"AUTH {self._server.mechanisms}"] if self._wants_login else [])]
        return self._answer("ehlo", *[f"250-{name}" for name in ["scripted", *names[:-1]]], f"250 {names[-1]}")

    def _mail(self, line: str) -> bool:
        self._sender, self._recipients = _address(line), []
        return self._answer("mail", "250 fine")

    def _rcpt(self, line: str) -> bool:
        refusal = self._server.refusals.get(_address(line))
        if refusal is None:
            self._recipients.append(_address(line))
        return self._answer("rcpt", refusal or "250 fine")

    @property
    def _wants_login(self) -> bool:
        return bool(self._server.password or self._server.accepts)

    def _login(self, line: str) -> str:
        said = base64.b64decode(line.rsplit(maxsplit=1)[-1]).decode()
        password, accepts = self._server.password, self._server.accepts
        right = accepts(said) if accepts else bool(password) and password in said
        return "235 welcome" if right else "535 5.7.8 no"

    def _text(self) -> bool:
        lines: list[bytes] = []
        for raw in self._lines:
            if self._server.faults.get("text"):
                self._server.fault("text")
                return False
            if raw == b".\r\n":
                return self._dot(b"".join(lines))
            lines.append(raw[1:] if raw.startswith(b".") else raw)
        return False

    def _dot(self, data: bytes) -> bool:
        fault = self._server.fault("dot")
        mail = Taken(self._sender, tuple(self._recipients), data)
        if fault in (None, CUT_TAKEN, HANG):
            self._server.taken.append(mail)
            self._server.on_taken(mail)
        if fault == HANG:
            time.sleep(30)
        if fault in (CUT, CUT_TAKEN, HANG):
            return False
        return self._send(fault or "250 taken")

    def _answer(self, place: str, *answers: str) -> bool:
        fault = self._server.fault(place)
        if fault in (CUT, HANG):
            time.sleep(30 if fault == HANG else 0)
            return False
        return self._send(*([fault] if fault else answers))

    def _send(self, *answers: str) -> bool:
        data = "".join(f"{answer}\r\n" for answer in answers).encode()
        if self._server.drip_seconds:
            for byte in data:
                self._connection.sendall(bytes([byte]))
                time.sleep(self._server.drip_seconds)
        else:
            self._connection.sendall(data)
        return not answers[-1].startswith("421")


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


@contextlib.contextmanager
def running_smtp(**options: object) -> Iterator[ScriptedSmtp]:
    """A server on loopback, gone afterwards."""
    server = ScriptedSmtp(**options)
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=server.serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)

"""A real Courier for one test run: its imapd over mailboxes of its own, gone afterwards.

    test -> sign-in (here, in a thread) -> /opt/courier-imap/usr/bin/imapd, on the same connection -> gam_server

Debian's package conflicts with Dovecot's, so `.ci/run` unpacks it below /opt instead of installing it. Courier's own
sign-in asks a daemon at a path that is fixed in the program, outside any test's folder; so the sign-in is ours, and
what comes after it is Courier's, started as its own sign-in starts it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

PACKAGE = "courier-imap (unpacked below /opt/courier-imap, see .ci/run)"
_ROOT = Path("/opt/courier-imap")
_PROGRAM = _ROOT / "usr/bin/imapd"
_WATCHER = _ROOT / "usr/libexec/gam_server"
_LIBRARIES = ":".join(map(str, [_ROOT / "usr/lib", *(_ROOT / "usr/lib").glob("*-linux-gnu")]))
_CAPABILITIES = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
_GREETING = (
    f"* OK [CAPABILITY {_CAPABILITIES}] Courier-IMAP ready. Copyright 1998-2021 Double Precision, Inc."
    "  See COPYING for distribution information.\r\n"
)


def is_installed() -> bool:
    return _PROGRAM.exists()


@dataclass
class Courier:
    """A running server: plain text on `port` of this machine; any password will do."""

    folder: Path
    listener: socket.socket
    watcher: subprocess.Popen[bytes]
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _sessions: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def new_user(self) -> str:
        """A user with an empty inbox and the usual folders."""
        user = f"user{next(self._numbers)}"
        for name in ("", ".Sent", ".Archive", ".Drafts", ".Trash"):
            for part in ("cur", "new", "tmp"):
                (self.maildir(user) / name / part).mkdir(parents=True)
            if name:
                (self.maildir(user) / name / "maildirfolder").touch()
        return user

    def maildir(self, user: str) -> Path:
        return self.folder / user / "Maildir"

    def deliver(self, user: str, messages: Sequence[tuple[bytes, datetime]]) -> list[str]:
        """Put messages into an inbox as a delivery agent does; the names of their files."""
        names = []
        for data, at in messages:
            number = next(self._numbers)
            name = f"{1_000_000_000 + number}.M{number}.test,S={len(data)}"  # uids follow the order of names
            path = self.maildir(user) / "tmp" / name
            path.write_bytes(data.replace(b"\r\n", b"\n"))  # Courier makes CRLF of every LF
            os.utime(path, (at.timestamp(), at.timestamp()))
            path.rename(self.maildir(user) / "new" / name)
            names.append(name)
        return names

    def file(self, user: str, name: str) -> Path:
        """Where a message of the inbox lies now, whatever its flags."""
        return next(path for part in ("cur", "new") for path in (self.maildir(user) / part).glob(f"{name}*"))

    def renumber(self, user: str) -> None:
        """Another UIDVALIDITY for the inbox."""
        path = self.maildir(user) / "courierimapuiddb"
        version, validity, rest = path.read_text().split(" ", 2)
        path.write_text(f"{version} {int(validity) + 1} {rest}")

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for session in (*self._sessions, self.watcher):
            session.kill()
            session.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._sign_in, args=(connection,), daemon=True).start()

    def _sign_in(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb", buffering=0) as lines:
            connection.sendall(_GREETING.encode())
            while line := lines.readline():
                tag, command, *words = line.decode("latin-1").split()
                match command.upper():
                    case "CAPABILITY":
                        connection.sendall(f"* CAPABILITY {_CAPABILITIES}\r\n{tag} OK done\r\n".encode())
                    case "LOGIN":
                        self._hand_over(connection, tag, words[0].strip('"'))
                        return
                    case _:
                        connection.sendall(f"{tag} BAD sign in first\r\n".encode())

    def _hand_over(self, connection: socket.socket, tag: str, user: str) -> None:
        environment = {
            "LD_LIBRARY_PATH": _LIBRARIES,
            "GAM_CLIENT_ID": self.folder.name,
            "AUTHENTICATED": user,
            "IMAPLOGINTAG": tag,
            "IMAP_CAPABILITY": _CAPABILITIES,
            "IMAP_KEYWORDS": "1",
            "IMAP_IDLE_TIMEOUT": "1",
            "IMAP_USELOCKS": "1",
            "PROTOCOL": "IMAP",
            "TCPREMOTEIP": "127.0.0.1",
            "TCPREMOTEPORT": "1",
        }
        maildir = self.maildir(user)
        session = subprocess.Popen(
            [_PROGRAM, str(maildir)],
            cwd=maildir.parent,
            env=environment,
            stdin=connection.fileno(),
            stdout=connection.fileno(),
            stderr=subprocess.DEVNULL,
        )
        self._sessions.append(session)
        connection.close()
        session.wait()


def start(folder: Path) -> Courier:
    """Run a server whose mailboxes lie in `folder`; its name is the name of the watcher that tells of new files."""
    watcher = subprocess.Popen(
        [_WATCHER, "--notimeout", folder.name], env={"LD_LIBRARY_PATH": _LIBRARIES}, stderr=subprocess.DEVNULL
    )
    courier = Courier(folder, socket.create_server(("127.0.0.1", 0)), watcher)
    threading.Thread(target=courier.serve, daemon=True).start()
    return courier

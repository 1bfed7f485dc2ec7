"""A real Cyrus for one test run: its own configuration, mailboxes and port, gone afterwards.

Debian's package conflicts with Dovecot's, so `.ci/run` unpacks it below /opt instead of installing it; nothing of it
is used but the programs. Whoever signs in is believed: what is tested is mail, not passwords.
"""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

from tests.servers.dovecot import free_port, mail_owner

PACKAGE = "cyrus-imapd (unpacked below /opt/cyrus-imapd, see .ci/run)"
_ROOT = Path("/opt/cyrus-imapd")
_PROGRAMS = _ROOT / "usr/lib/cyrus/bin"
_SPECIAL = ("Sent", "Archive", "Drafts", "Junk", "Trash")
_START_SECONDS = 60


def is_installed() -> bool:
    return (_PROGRAMS / "master").exists()


@dataclass
class Cyrus:
    """A running server: plain text on `port` of this machine."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    _users: count[int] = field(default_factory=lambda: count(1))

    def new_user(self) -> str:
        """A user with an empty inbox and the usual folders."""
        user = f"user{next(self._users)}"
        self.make_inbox(user)
        with self.signed_in(user) as imap:
            for name in _SPECIAL:
                imap._simple_command("CREATE", name, f"(USE (\\{name}))")
        return user

    def make_inbox(self, user: str) -> None:
        with self.signed_in("admin") as imap:
            imap.create(f"user/{user}")

    def lose_inbox(self, user: str) -> None:
        """Delete an inbox with all that it holds."""
        with self.signed_in("admin") as imap:
            imap.setacl(f"user/{user}", "admin", "lrswipkxtecda")
            imap.delete(f"user/{user}")

    def fill(self, user: str, messages: Sequence[tuple[bytes, datetime]]) -> list[int]:
        """Put messages straight into an inbox, also such as APPEND refuses (NUL, broken headers); their uids."""
        box = self.folder / "spool" / "user" / user
        before = [int(path.name[:-1]) for path in box.glob("*.") if path.name[:-1].isdigit()]
        uids = []
        for uid, (data, at) in enumerate(messages, start=max(before, default=0) + 1):
            path = box / f"{uid}."
            path.write_bytes(data)
            os.utime(path, (at.timestamp(), at.timestamp()))
            if os.getuid() == 0:
                shutil.chown(path, mail_owner().pw_uid, mail_owner().pw_gid)
            uids.append(uid)
        _run(self.folder, "reconstruct", f"user/{user}")
        return uids

    def append(self, user: str, data: bytes, at: datetime) -> int:
        """Deliver a message into an inbox; its uid."""
        with self.signed_in(user) as imap:
            kind, answer = imap.append("INBOX", "", imaplib.Time2Internaldate(at), data)
        told = re.search(rb"APPENDUID \d+ (\d+)", answer[0] or b"")
        return int(told[1]) if kind == "OK" and told else self.fill(user, [(data, at)])[0]

    @contextlib.contextmanager
    def signed_in(self, user: str) -> Iterator[imaplib.IMAP4]:
        imap = imaplib.IMAP4("127.0.0.1", self.port)
        try:
            imap.login(user, "anything")
            yield imap
        finally:
            imap.logout()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(folder: Path) -> Cyrus:
    """Run a server in `folder`, which must be short (sockets have short names) and passable for its user."""
    folder.chmod(0o755)
    port = free_port()
    places = [folder / name for name in ("conf", "conf/socket", "spool", "proc", "lock")]
    for path in places:
        path.mkdir()
    (folder / "imapd.conf").write_text(_configuration(folder))
    (folder / "cyrus.conf").write_text(_services(folder, port))
    if os.getuid() == 0:
        for path in (folder, *places):
            shutil.chown(path, mail_owner().pw_uid, mail_owner().pw_gid)
    _run(folder, "ctl_cyrusdb", "-r")
    arguments = ("-M", str(folder / "cyrus.conf"), "-p", str(folder / "master.pid"))
    process = subprocess.Popen(_command(folder, "master", arguments), env=_environment(), stderr=subprocess.DEVNULL)
    cyrus = Cyrus(folder, port, process)
    try:
        _wait(cyrus)
    except BaseException:
        cyrus.stop()
        raise
    return cyrus


def _wait(cyrus: Cyrus) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            imaplib.IMAP4("127.0.0.1", cyrus.port).logout()
        except (OSError, imaplib.IMAP4.error) as error:
            if cyrus.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("Cyrus did not start; its log is the system's.") from error
            time.sleep(0.05)
        else:
            return


def _run(folder: Path, program: str, *arguments: str) -> None:
    subprocess.run(_command(folder, program, arguments), env=_environment(), check=True, capture_output=True)


def _command(folder: Path, program: str, arguments: Sequence[str]) -> list[str]:
    return [str(_PROGRAMS / program), "-C", str(folder / "imapd.conf"), *arguments]


def _environment() -> dict[str, str]:
    places = [str(path) for path in (_ROOT / "usr/lib").glob("*-linux-gnu")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(places), "CYRUS_USER": mail_owner().pw_name}


def _configuration(folder: Path) -> str:
    owner = mail_owner()
    return f"""
configdirectory: {folder}/conf
partition-default: {folder}/spool
proc_path: {folder}/proc
mboxname_lockpath: {folder}/lock
mailbox_legacy_dirs: yes
cyrus_user: {owner.pw_name}
cyrus_group: {grp.getgrgid(owner.pw_gid).gr_name}
admins: admin
unixhierarchysep: yes
altnamespace: yes
allowplaintext: yes
sasl_pwcheck_method: alwaystrue
sasl_mech_list: PLAIN LOGIN
reject8bit: no
munge8bit: no
maxword: 1048576
idlesocket: {folder}/conf/socket/idle
lmtpsocket: {folder}/conf/socket/lmtp
notifysocket: {folder}/conf/socket/notify
servername: localhost
"""


def _services(folder: Path, port: int) -> str:
    programs, configuration = _PROGRAMS, folder / "imapd.conf"
    return f"""
START {{
}}
SERVICES {{
  imap cmd="{programs}/imapd -C {configuration}" listen="127.0.0.1:{port}" proto="tcp4" prefork=1
}}
EVENTS {{
}}
DAEMON {{
  idled cmd="{programs}/idled -C {configuration}"
}}
"""

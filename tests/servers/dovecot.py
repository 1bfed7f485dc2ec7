"""A real Dovecot for one test run: its own configuration, users and ports, gone afterwards.

As root the mail belongs to `nobody`, since Dovecot serves no root user; else all of it runs as the present user.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

import trustme

PROGRAM = shutil.which("dovecot") or "/usr/sbin/dovecot"
PACKAGE = "dovecot-imapd"
USERS = 500
PASSWORD = 's3cret \\ "quoted"'
_SPECIAL = {"Sent": "\\Sent", "Archive": "\\Archive", "Drafts": "\\Drafts", "Junk": "\\Junk", "Trash": "\\Trash"}
ODD_USERS = {"jørgen": "blåbær ½", "two words": PASSWORD}
_START_SECONDS = 60


def is_installed() -> bool:
    return Path(PROGRAM).exists()


@dataclass
class Dovecot:
    """A running server: `plain_port` for plain text and STARTTLS, `tls_port` for TLS; its name is localhost."""

    folder: Path
    plain_port: int
    tls_port: int
    ca_file: Path
    process: subprocess.Popen[bytes]
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _users: count[int] = field(default_factory=lambda: count(1))

    def new_user(self) -> str:
        """A user of the prepared ones with an empty mailbox and the password PASSWORD."""
        user = f"user{next(self._users)}"
        self.fill(user, ())
        return user

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        root = self.folder / "mail" / user / "Maildir"
        return root if folder == "INBOX" else root / f".{folder.replace('/', '.')}"

    def fill(self, user: str, messages: Iterable[tuple[bytes, datetime]], folder: str = "INBOX") -> list[str]:
        """Write messages straight into a mail folder, as a delivery would; their unique names."""
        maildir, names = self.maildir(user, folder), []
        for place in ("cur", "new", "tmp"):
            (maildir / place).mkdir(parents=True, exist_ok=True)
        for data, at in messages:
            stamp = int(at.timestamp())
            # Dovecot numbers new files in the order of their names' times.
            name = f"{1_500_000_000 + next(self._numbers)}.M1P1.test,S={len(data)}"
            path = maildir / "new" / name
            path.write_bytes(data)
            os.utime(path, (stamp, stamp))
            names.append(name)
        give(self.folder / "mail" / user)
        return names

    def file(self, user: str, name: str, folder: str = "INBOX") -> Path:
        maildir = self.maildir(user, folder)
        (found,) = [path for place in ("new", "cur") for path in (maildir / place).glob(f"{name}*")]
        return found

    def renumber(self, user: str, folder: str = "INBOX") -> None:
        """Give a folder a new UIDVALIDITY and its messages new uids; nobody may have it open."""
        maildir = self.maildir(user, folder)
        for path in [*maildir.glob("dovecot.index*"), *maildir.glob("dovecot-uid*")]:
            path.unlink()
        time.sleep(1.1)  # Dovecot makes UIDVALIDITY of the clock

    def log(self) -> str:
        return (self.folder / "dovecot.log").read_text(errors="replace")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def mail_owner() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


def give(path: Path) -> None:
    """Let the mail's owner have a tree."""
    if os.getuid() != 0:
        return
    owner = mail_owner()
    for place, folders, files in os.walk(path):
        for name in (".", *folders, *files):
            os.chown(Path(place) / name, owner.pw_uid, owner.pw_gid)


def start(folder: Path, introspection: str = "") -> Dovecot:
    """Run a server in `folder`, which must be short (sockets have short names) and passable for its users.

    With an `introspection` address (RFC 7662) it takes tokens too, besides the passwords.
    """
    folder.chmod(0o755)
    plain_port, tls_port = free_port(), free_port()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = authority.issue_cert("localhost")
    server.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    # All users from the start: Dovecot looks at a changed file of users only after seconds.
    users = [
        *(f"user{number}:{{PLAIN}}{PASSWORD}" for number in range(1, USERS)),
        *(f"{user}:{{PLAIN}}{password}" for user, password in ODD_USERS.items()),
    ]
    (folder / "users").write_text("\n".join(users) + "\n", encoding="utf-8")
    (folder / "mail").mkdir()
    give(folder / "mail")
    tokens = _token_configuration(folder, introspection) if introspection else ""
    (folder / "dovecot.conf").write_text(_configuration(folder, plain_port, tls_port) + tokens)
    process = subprocess.Popen([PROGRAM, "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.DEVNULL)
    dovecot = Dovecot(folder, plain_port, tls_port, folder / "ca.pem", process)
    try:
        _wait(dovecot)
    except BaseException:
        dovecot.stop()
        raise
    return dovecot


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(dovecot: Dovecot) -> None:
    context = ssl.create_default_context(cafile=str(dovecot.ca_file))
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", dovecot.tls_port), 2) as raw:
                context.wrap_socket(raw, server_hostname="localhost").close()
        except OSError as error:
            if dovecot.process.poll() is not None or time.monotonic() > end:
                log = dovecot.folder / "dovecot.log"
                said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                raise RuntimeError(f"Dovecot did not start: {said}") from error
            time.sleep(0.05)
        else:
            return


def _token_configuration(folder: Path, introspection: str) -> str:
    (folder / "oauth2.conf").write_text(
        f"introspection_url = {introspection}?token=\nintrospection_mode = get\n"
        "username_attribute = email\nactive_attribute = active\nactive_value = true\n"
    )
    return f"""
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


def _configuration(folder: Path, plain_port: int, tls_port: int) -> str:
    me, owner = pwd.getpwuid(os.getuid()), mail_owner()
    internal, login = ("dovecot", "dovenull") if os.getuid() == 0 else (me.pw_name, me.pw_name)
    group = "dovecot" if os.getuid() == 0 else grp.getgrgid(me.pw_gid).gr_name
    boxes = "\n".join(f"mailbox {name} {{\n auto = create\n special_use = {use}\n}}" for name, use in _SPECIAL.items())
    return f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_uid = {owner.pw_uid}
mail_gid = {owner.pw_gid}
first_valid_uid = 1
last_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{folder}/mail/%u/Maildir
mail_fsync = never
maildir_stat_dirs = yes
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
auth_username_chars =
mail_max_userip_connections = 50
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={folder}/mail/%u
}}
namespace inbox {{
inbox = yes
separator = /
{boxes}
}}
default_process_limit = 50
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""

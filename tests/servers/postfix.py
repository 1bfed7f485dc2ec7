"""A real Postfix for one test run: its own configuration, queue and ports, delivering into a test Dovecot's mailboxes.

It only runs as root, as Postfix does. `user1@fjord.example` is Dovecot's user1; what goes elsewhere bounces.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.servers.dovecot import USERS, Dovecot, free_port, mail_owner

PACKAGE = "postfix"
DOMAIN = "fjord.example"
SIZE_LIMIT = 2_000_000
_PROGRAM = shutil.which("postfix") or "/usr/sbin/postfix"
_DAEMONS = Path("/usr/lib/postfix/sbin")
_START_SECONDS = 60


def can_run() -> bool:
    return Path(_PROGRAM).exists() and os.getuid() == 0


@dataclass
class Postfix:
    """A running server: `plain_port` for plain text and STARTTLS, `tls_port` for TLS; its name is localhost."""

    folder: Path
    plain_port: int
    tls_port: int
    ca_file: Path
    process: subprocess.Popen[bytes]

    def log(self) -> str:
        path = self.folder / "mail.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(folder: Path, dovecot: Dovecot) -> Postfix:
    """Run a server in `folder`; whoever signs in does so against Dovecot's users."""
    folder.chmod(0o755)
    plain_port, tls_port = free_port(), free_port()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = authority.issue_cert("localhost")
    server.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "etc" / "main.cf").write_text(_main(folder, dovecot))
    (folder / "etc" / "users").write_text(_users())
    (folder / "etc" / "master.cf").write_text(_master(plain_port, tls_port))
    # `start-fg` checks and makes the queue's folders, then becomes the master process.
    process = subprocess.Popen(
        [_PROGRAM, "-c", str(folder / "etc"), "start-fg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    postfix = Postfix(folder, plain_port, tls_port, folder / "ca.pem", process)
    try:
        _wait(postfix)
    except BaseException:
        postfix.stop()
        raise
    return postfix


def _wait(postfix: Postfix) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            with smtplib.SMTP("127.0.0.1", postfix.plain_port, timeout=2) as smtp:
                smtp.noop()
        except OSError as error:
            if postfix.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"Postfix did not start: {postfix.log()[-2000:]}") from error
            time.sleep(0.05)
        else:
            return


def _users() -> str:
    """Dovecot's users, one a line: the delivery agent takes no patterns."""
    return "".join(f"user{number}@{DOMAIN} user{number}/Maildir/\n" for number in range(1, USERS))


def _main(folder: Path, dovecot: Dovecot) -> str:
    owner = mail_owner()
    return f"""
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {_DAEMONS}
command_directory = /usr/sbin
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = mx.{DOMAIN}
mydestination =
mynetworks = 192.0.2.1/32
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtputf8_enable = yes
message_size_limit = {SIZE_LIMIT}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_base = {dovecot.folder}/mail
virtual_mailbox_maps = texthash:{folder}/etc/users
virtual_minimum_uid = 1
virtual_uid_maps = static:{owner.pw_uid}
virtual_gid_maps = static:{owner.pw_gid}
smtpd_recipient_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sender_restrictions =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {dovecot.folder}/auth
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.pem
smtpd_tls_security_level = may
default_transport = nowhere
default_database_type = hash
alias_maps =
local_recipient_maps =
"""


def _master(plain_port: int, tls_port: int) -> str:
    return f"""
127.0.0.1:{plain_port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
nowhere unix - n n - - pipe user=nobody argv=/bin/false
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

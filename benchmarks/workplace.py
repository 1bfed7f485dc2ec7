"""A place to measure in: a mail folder behind a real Dovecot, a configuration for each program, an embedded CRM."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mail_heads import FORM_SENDER, OUR_DOMAIN
from benchmarks.mailbox import US, Mail, people, write_maildir
from benchmarks.measure import Spent, run
from crm_adapters.local.adapter import LocalAdapter
from crm_model.records import RecordKind
from tests.servers import dovecot

MBSYNC = shutil.which("mbsync")
_KNOWN_PEOPLE = 300
"""A third of the people in the made mail stand in the CRM."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One program's fresh state: `command` runs a pass."""

    folder: Path
    command: tuple[str | Path, ...]

    def run(self) -> Spent:
        return run(self.command)


@contextlib.contextmanager
def served(mail: Iterable[Mail]) -> Iterator[tuple[dovecot.Dovecot, str]]:
    """A Dovecot whose user's INBOX holds `mail`. As root, a folder that other users may enter."""
    server = dovecot.start(Path(tempfile.mkdtemp(prefix="hpb-")))
    try:
        user = server.new_user()
        write_maildir(server.maildir(user), mail)
        dovecot.give(server.maildir(user))
        yield server, user
    finally:
        server.stop()


def deliver(server: dovecot.Dovecot, user: str, mail: Mail) -> None:
    """One more message into the served folder."""
    write_maildir(server.maildir(user), [mail])
    dovecot.give(server.maildir(user))


def mbsync_desk(folder: Path, server: dovecot.Dovecot, user: str, *, fsync: bool = True) -> Desk:
    """A plain copy of the folder to a Maildir."""
    folder.mkdir(parents=True)
    (folder / "secret").write_text(dovecot.PASSWORD)
    (folder / "mbsyncrc").write_text(f"""
FSync {"yes" if fsync else "no"}
SyncState *

IMAPStore far
Host 127.0.0.1
Port {server.plain_port}
User {user}
PassCmd "cat {folder}/secret"
SSLType None
AuthMechs LOGIN

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX
Sync Pull
Create Near
""")
    (folder / "mail").mkdir()
    assert MBSYNC
    return Desk(folder, (MBSYNC, "-q", "-c", folder / "mbsyncrc", "all"))


def hitchpost_desk(folder: Path, account: str, *, log_mail: str = "text") -> Desk:
    """An empty database and a CRM that knows a third of the people; `account` is the mail account in TOML."""
    folder.mkdir(parents=True)
    _fill_crm(folder / "crm.sqlite3")
    config = folder / "config.toml"
    config.write_text(f"""
author = "Kari Nordmann"
database = "sqlite:///{folder}/hitchpost.sqlite3"
backfill_months = "all"
log_mail = "{log_mail}"

[organisation]
name = "Nordlys"
domains = ["{OUR_DOMAIN}"]
addresses = [{", ".join(f'"{person.email}"' for person in US)}]
form_senders = ["{FORM_SENDER}"]
default_region = "NO"
languages = ["nb", "en"]

[[mail_account]]
name = "work"
{account}
[[crm]]
name = "local"
backend = "local"
path = "{folder}/crm.sqlite3"
""")
    return Desk(folder, (Path(sys.executable).with_name("hitchpost"), "--config", config, "sync", "--json"))


def imap_account(folder: Path, server: dovecot.Dovecot, user: str) -> str:
    secret = folder.parent / f"{folder.name}.secret"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text(dovecot.PASSWORD)
    return f"""kind = "imap"
host = "127.0.0.1"
port = {server.plain_port}
tls = "none"
user = "{user}"
folders = ["INBOX"]
secret = {{ command = "cat {secret}" }}
"""


def maildir_account(maildir: Path) -> str:
    return f'kind = "maildir"\npath = "{maildir}"\nfolders = ["INBOX"]\n'


def _fill_crm(path: Path) -> None:
    adapter = LocalAdapter("local", path)
    accounts: dict[str, str] = {}
    try:
        for number, person in enumerate(people()[:_KNOWN_PEOPLE]):
            domain = person.email.partition("@")[2]
            if domain not in accounts:
                site = {"name": domain.partition(".")[0].title(), "website": f"https://{domain}"}
                accounts[domain] = adapter.create(RecordKind.ACCOUNT, site, f"account {domain}").id
                deal = {"name": f"Pumps for {domain}", "account_id": accounts[domain], "stage": "proposal"}
                adapter.create(RecordKind.OPPORTUNITY, deal, f"deal {domain}")
            first, _, last = person.name.partition(" ")
            fields = {"first_name": first, "last_name": last, "email": person.email, "account_id": accounts[domain]}
            adapter.create(RecordKind.CONTACT, fields, f"contact {number}")
    finally:
        adapter.close()

"""The folder that the demo lives in: configuration, Maildir, embedded CRM, database."""

from __future__ import annotations

import os
import shutil
import tomllib
from contextlib import closing
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import tomlkit

from agent.demo.sample_crm import fill
from agent.demo.sample_mail import OWNER, SampleMail, compose
from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_model.errors import ConfigError
from crm_model.options import Connection, OptionValue
from sync.settings.file import create_file

SENT_TO_NOBODY = "sent-to-nobody"
"""The folder beside the mailbox that takes what is sent in the demo."""
_MARKER = ".hitchpost-demo"
_MAILS = ("deals.toml", "enquiries.toml", "noise.toml")


def prepare(folder: Path) -> Path:
    """A working copy in `folder`, made unless it is there already; its configuration file.

    Errors: ConfigError for a folder that holds something else, or can't be written.
    """
    file = folder / "config.toml"
    if (folder / _MARKER).exists() and file.exists():
        return file
    try:
        _clear(folder)
        write_maildir(folder / "mail", sample_mails(datetime.now(UTC)))
    except OSError as error:
        raise ConfigError(f"can't be written: {error.strerror}", file=folder, key="--dir") from error
    with closing(_crm(folder)) as adapter:
        fill(adapter, _tables("crm.toml"), datetime.now(UTC).date())
    # The configuration comes last: without it the next run starts over.
    create_file(file, _configuration())
    return file


def _clear(folder: Path) -> None:
    """An empty folder with our marker; what a broken-off run left behind goes, anything else is left alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / _MARKER).exists():
        if any(folder.iterdir()):
            raise ConfigError("this folder holds something else; name a new or empty one", file=folder, key="--dir")
        (folder / _MARKER).touch()
    shutil.rmtree(folder / "mail", ignore_errors=True)
    for left in folder.glob("crm.sqlite3*"):
        left.unlink()


def _crm(folder: Path) -> Adapter:
    options: dict[str, OptionValue] = {"path": str(folder / "crm.sqlite3"), "user": OWNER, "owners": _owners()}
    return registry.load("local").open(Connection("local", "local", options, secret=str))


def _owners() -> tuple[str, ...]:
    people = tomllib.loads(_read("organisation.toml"))["organisation"]["colleagues"]
    return tuple(f"{person['name']} <{person['email']}>" for person in people)


def sample_mails(now: datetime) -> list[SampleMail]:
    """Every message of the sample, dated back from `now`; an answer may stand in a later file than its question."""
    entries = [entry for name in _MAILS for entry in _tables(name)["mail"]]
    return list(compose(entries, now))


def write_maildir(root: Path, mails: list[SampleMail]) -> None:
    """The messages as a Maildir++ with a Sent folder; what was not read yet stands in `new`."""
    for folder in (root, root / ".Sent"):
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, mail in enumerate(mails):
        folder = root / ".Sent" if mail.sent else root
        stamp = mail.at.timestamp()
        unique = f"{stamp:.0f}.{number}.demo"
        place = folder / "new" / unique if mail.unread else folder / "cur" / f"{unique}:2,S"
        place.write_bytes(mail.data)
        os.utime(place, (stamp, stamp))


def _configuration() -> str:
    document = tomlkit.parse(_read("organisation.toml"))
    accounts, crms = tomlkit.aot(), tomlkit.aot()
    accounts.append(
        tomlkit.item(
            {"name": "sample", "kind": "maildir", "path": "mail", "sender": OWNER, "send_into": SENT_TO_NOBODY}
        )
    )
    crms.append(
        tomlkit.item(
            {"name": "local", "backend": "local", "path": "crm.sqlite3", "user": OWNER, "owners": list(_owners())}
        )
    )
    document.add("mail_account", accounts)
    document.add("crm", crms)
    return tomlkit.dumps(document).replace(
        "poll_seconds", 'database = "sqlite:///hitchpost.sqlite3"\nbackfill_months = "all"\npoll_seconds', 1
    )


def _tables(name: str) -> dict[str, list[dict[str, object]]]:
    return tomllib.loads(_read(name))


def _read(name: str) -> str:
    return (resources.files("agent.demo") / "sample" / name).read_text(encoding="utf-8")

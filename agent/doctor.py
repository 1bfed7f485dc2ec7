"""What is wrong with this installation, and how to mend each thing."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import packages_distributions
from pathlib import Path

from agent.outpost.connecting import ask_outpost
from agent.sending.way_out import WayOut
from crm_adapters import registry as crm_backends
from crm_model.errors import ConfigError, HitchpostError, LoginNeeded, TryLater
from crm_model.options import Connection
from sync.edits.fitting import unknown_owners
from sync.mailboxes import registry as mailbox_kinds
from sync.settings import Settings, load
from sync.settings.writing import can_send
from sync.store.schema import open_store

_LONG_SECONDS = 6 * 3_600.0
OUR_PACKAGES = ("hitchpost", "crm_model", "crm_adapters", "sync", "agent", "tui")


class Level(StrEnum):
    FINE = "fine"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is and, unless it is fine, what to do."""

    level: Level
    subject: str
    problem: str
    mend: str = ""


def examine(file: Path) -> list[Finding]:
    """Everything that can be looked at with the configuration at `file`; nothing is changed but a new database made."""
    findings = [*clashes(packages_distributions())]
    try:
        settings = load(file)
    except ConfigError as error:
        mend = "correct the file, then look again" if file.exists() else "run `hitchpost init`, then look again"
        return [*findings, Finding(Level.ERROR, "configuration", str(error), mend)]
    findings.append(Finding(Level.FINE, "configuration", str(file)))
    findings += _permissions(settings)
    findings.append(_database(settings))
    findings += _mailboxes(settings)
    findings += [_connection("crm", crm, _count_records) for crm in settings.crms]
    findings += _outpost(settings)
    findings += _owners(settings)
    if not settings.organisation.domains and not settings.organisation.addresses:
        findings.append(_nobody(file))
    return findings


def clashes(owners: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Other distributions that own one of our top-level names. `owners` as `packages_distributions` gives it."""
    for package in OUR_PACKAGES:
        for other in sorted({name for name in owners.get(package, ()) if name.lower() != "hitchpost"}):
            yield Finding(
                Level.ERROR,
                f"package {package}",
                f"the distribution {other} owns this name too, and one hides the other",
                f"remove it (pip uninstall {other}), or install hitchpost on its own: pipx install hitchpost",
            )


def _permissions(settings: Settings) -> Iterator[Finding]:
    for path in _private_files(settings):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            yield Finding(
                Level.WARNING, str(path), f"other users can open it (mode {mode:03o})", f"chmod go-rwx '{path}'"
            )


def _private_files(settings: Settings) -> Iterable[Path]:
    """What holds mail or records on this machine."""
    files = [settings.file]
    if settings.database.startswith("sqlite:///"):
        files.append(Path(settings.database.removeprefix("sqlite:///")))
    files += [Path(crm.text("path")) for crm in settings.crms if crm.kind == "local" and crm.text("path")]
    return [file for file in files if file.is_file()]


def _database(settings: Settings) -> Finding:
    try:
        store = open_store(settings.database)
    except HitchpostError as error:
        return _failure("database", error)
    with contextlib.closing(store):
        return Finding(Level.FINE, "database", store.place)


def _mailboxes(settings: Settings) -> list[Finding]:
    if not settings.mail_accounts:
        mend = "hitchpost mailbox add NAME --kind imap (or gmail, maildir, mbox)"
        return [Finding(Level.WARNING, "mailboxes", "none is configured, so there is no mail to read", mend)]
    findings = []
    for account in settings.mail_accounts:
        findings.append(_connection("mail_account", account, _count_mail))
        if can_send(account):
            findings.append(_connection("mail_account", account, _try_sending, " sending"))
    return findings


def _connection(table: str, connection: Connection, look: Callable[[Connection], str], part: str = "") -> Finding:
    subject = f"{table} “{connection.name}”{part}"
    try:
        return Finding(Level.FINE, subject, look(connection))
    except HitchpostError as error:
        return _failure(subject, error)


def _count_mail(account: Connection) -> str:
    with contextlib.closing(mailbox_kinds.load(account.kind).open(account)) as source:
        folders = source.folders()
    return f"folders: {', '.join(folder.name for folder in folders[:5])}{' …' if len(folders) > 5 else ''}"


def _try_sending(account: Connection) -> str:
    """Sign in where mail goes out; nothing is sent."""
    with contextlib.closing(WayOut(account)) as way:
        way.submission().check()
    return "signed in; nothing was sent"


def _count_records(crm: Connection) -> str:
    with contextlib.closing(crm_backends.load(crm.kind).open(crm)) as adapter:
        info = adapter.test()
    return f"{info.product}, {sum(info.counts.values())} records"


def _owners(settings: Settings) -> Iterator[Finding]:
    """Whom forms give their leads to, and the CRM does not know. A CRM that can't be asked has its own finding."""
    crm = next((each for each in settings.crms if each.name == settings.leads.crm), None)
    forms = [rules for rules in settings.forms if rules.owners]
    if crm is None or not forms:
        return
    try:
        with contextlib.closing(crm_backends.load(crm.kind).open(crm)) as adapter:
            people = adapter.owners()
    except HitchpostError:
        return
    for rules in forms:
        for unknown in unknown_owners(rules.owners.values(), people):
            problem = f"the CRM {crm.name} has no user “{unknown}”, so such leads have no owner"
            mend = "write the id, name or address of a user into owners of this form"
            yield Finding(Level.WARNING, f"form “{rules.form.name}”", problem, mend)


def _outpost(settings: Settings) -> Iterator[Finding]:
    """Nothing where the configuration needs none."""
    if not settings.has_outpost:
        return
    try:
        health = ask_outpost(settings.web)
    except TryLater as error:
        yield Finding(Level.ERROR, "outpost", str(error), "start `hitchpost web` there, or correct [web]")
    except HitchpostError as error:
        yield _failure("outpost", error)
    else:
        told = f"{health.address}, {health.waiting_bytes} bytes wait for the agent"
        if health.problem:
            yield Finding(Level.ERROR, "outpost", f"{told}; {health.problem}", "mend it there, then look again")
        elif health.waiting_seconds > _LONG_SECONDS:
            hours = health.waiting_seconds / 3_600
            mend = "start `hitchpost agent`, and see in `hitchpost status` whether it can sign in there"
            yield Finding(Level.WARNING, "outpost", f"{told}, the oldest for {hours:.0f} hours", mend)
        else:
            yield Finding(Level.FINE, "outpost", told)


def _failure(subject: str, error: HitchpostError) -> Finding:
    """A fault with its mend: our sentences name it; the kind of the error says what else helps."""
    if isinstance(error, LoginNeeded):
        command = "mailbox" if subject.startswith("mail") else "crm"
        return Finding(
            Level.ERROR,
            subject,
            str(error),
            f"hitchpost {command} test {error.account} --new-secret asks for a new one",
        )
    if isinstance(error, TryLater):
        return Finding(Level.WARNING, subject, str(error), "look again in a while; the agent tries by itself")
    return Finding(Level.ERROR, subject, str(error), "correct what the sentence names, then look again")


def _nobody(file: Path) -> Finding:
    return Finding(
        Level.WARNING,
        "organisation",
        "no own domain or address is named, so your own mail can't be told from customers' mail",
        f'add domains = ["company.example"] under [organisation] in {file}',
    )

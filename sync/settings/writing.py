"""What the configuration says about writing mail: who writes, with which signature, from which templates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crm_model.errors import ConfigError, Rejected
from crm_model.mail import Address
from crm_model.options import Connection
from crm_model.organisation import Organisation
from crm_model.tracking import TrackingMode
from sync.composing.draft import Desk, Identity, Template
from sync.composing.recipients import read_recipients
from sync.mailboxes import registry
from sync.settings.model import SettingsFile, TemplateTable, TrackingTable
from sync.tracking_policy import TrackingPolicy


def read_desk(parsed: SettingsFile, accounts: Sequence[Connection], organisation: Organisation, path: Path) -> Desk:
    """The desk that mail is written at. Errors: ConfigError for a sender that is no address, templates of one name."""
    found = (_identity(account, path) for account in accounts if can_send(account))
    return Desk(
        identities=tuple(identity for identity in found if identity is not None),
        templates=_templates(parsed.template, path),
        undo_seconds=parsed.undo_send_seconds,
        organisation=organisation,
        tracking=_tracking(parsed.tracking),
    )


def _tracking(table: TrackingTable) -> TrackingPolicy:
    return TrackingPolicy(
        url=table.url,
        mode=TrackingMode(table.mode),
        without_consent=frozenset(table.without_consent),
        smallest_audience=table.smallest_audience,
        honeypot=table.honeypot,
        notice=table.notice,
        no_more_mail=table.no_more_mail,
        retention_months=table.retention_months,
        own_networks=tuple(table.own_networks),
        scanner_networks=tuple(table.scanner_networks),
        scanner_agents=tuple(table.scanner_agents),
        person_networks=tuple(table.person_networks),
    )


def can_send(account: Connection) -> bool:
    """Whether this account has a way out."""
    return (
        bool(account.text("smtp_host") or account.text("send_into"))
        or registry.load(account.kind).open_submission is not None
    )


def _identity(account: Connection, path: Path) -> Identity | None:
    given = account.text("sender")
    key = f"mail_account “{account.name}”: sender"
    try:
        named = read_recipients(given or account.text("user"), "sender")
    except Rejected as error:
        if given:
            raise ConfigError(
                f"must be an address, as “Kari <kari@company.example>”: {error}", file=path, key=key
            ) from error
        named = ()
    if not named and not (account.text("smtp_host") or account.text("send_into")):
        return None  # a kind that can send, but nobody asked it to
    if len(named) != 1:
        raise ConfigError(
            "is needed for sending, since the user is no address: who is the mail from?", file=path, key=key
        )
    return Identity(
        account=account.name,
        address=Address(named[0].email, named[0].name),
        signature=account.text("signature"),
        html=account.options.get("html_version") is True,
    )


def _templates(tables: Sequence[TemplateTable], path: Path) -> tuple[Template, ...]:
    names = [table.name for table in tables]
    twin = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twin is not None:
        raise ConfigError("two templates have this name; give one of them another", file=path, key=f"template “{twin}”")
    return tuple(Template(table.name, _text(table, path), table.subject) for table in tables)


def _text(table: TemplateTable, path: Path) -> str:
    key = f"template “{table.name}”"
    if bool(table.text) == bool(table.file):
        raise ConfigError("must have either text or file", file=path, key=key)
    if table.text:
        return table.text
    place = path.parent.absolute() / Path(table.file).expanduser()
    try:
        return place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{place} can't be read as UTF-8 text; mend the file or its name", file=path, key=key
        ) from error

"""The configuration: one TOML file, checked as a whole before anything starts.

A key that nobody knows is refused with the nearest valid one; a wrong value with a sentence. No secret stands in
the file: each connection fetches its own when it is needed.
"""

from __future__ import annotations

import functools
import getpass
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import platformdirs
from pydantic import ValidationError

from crm_adapters import registry as crm_backends
from crm_model.errors import ConfigError
from crm_model.options import Connection, OptionSpec, OptionValue
from crm_model.organisation import Organisation
from crm_model.records import RecordKind
from crm_model.web_forms import FormRules
from sync.composing.draft import Desk
from sync.field_map import PLAIN_MAP, Direction, FieldMap, FieldRule, OnConflict
from sync.hooks import hook_kind, incoming_kind
from sync.mailboxes import registry as mailbox_kinds
from sync.secrets import fetch_secret, keep_secret
from sync.settings.forms import check_opt_in, read_forms
from sync.settings.model import (
    CrmTable,
    FieldTable,
    MailAccountTable,
    OrganisationTable,
    PlaceTable,
    SecretTable,
    SettingsFile,
)
from sync.settings.options import check_options
from sync.settings.problems import problem_of
from sync.settings.secrets import read_source
from sync.settings.web import WebSettings, read_web
from sync.settings.writing import read_desk
from sync.viewer import Patience


@dataclass(frozen=True, slots=True)
class LeadSettings:
    """Whether an enquiry's lead is suggested or made, and in which CRM."""

    mode: Literal["suggest", "auto"]
    crm: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked configuration. `backfill_months` 0 means all mail; `database` is a URL."""

    file: Path
    author: str
    database: str = field(repr=False)
    poll_seconds: int
    backfill_months: int
    log_mail: Literal["off", "headers", "text"]
    organisation: Organisation
    leads: LeadSettings
    mail_accounts: tuple[Connection, ...]
    crms: tuple[Connection, ...]
    desk: Desk
    web: WebSettings
    field_maps: Mapping[str, FieldMap] = field(default_factory=dict)
    hooks: tuple[Connection, ...] = ()
    incoming_hooks: tuple[Connection, ...] = ()
    language: str = ""
    forms: tuple[FormRules, ...] = ()
    patience: Patience = field(default_factory=Patience)
    notify: Literal["auto", "osc9", "osc777", "bell", "off"] = "auto"
    theme: Literal["auto", "dark", "light", "mono"] = "auto"
    key_set: Literal["vim", "arrows"] = "vim"
    own_keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_outpost(self) -> bool:
        """Whether there is anything to collect, or to tell of mail that leaves."""
        return self.web.named or bool(self.desk.tracking.url) or bool(self.forms or self.incoming_hooks)

    def field_map(self, crm: str) -> FieldMap:
        """How the fields of this CRM are ours."""
        return self.field_maps.get(crm, PLAIN_MAP)


_ADDRESS_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MOST_BYTES = 2**20
WEB_FORMS = "web_forms"
"""The kind of mail account that holds what our own forms brought."""


class _Kind(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def options(self) -> tuple[OptionSpec, ...]: ...


class _LoadKind(Protocol):
    def __call__(self, name: str, /) -> _Kind: ...


def data_folder() -> Path:
    """Where the database and the embedded CRM are kept when the configuration does not say."""
    return platformdirs.user_data_path("hitchpost", appauthor=False)


def load(path: Path) -> Settings:
    """The settings in the file at `path`. Errors: ConfigError with file, key and, for a misspelt key, the nearest."""
    return parse(read_text(path), path)


def read_text(path: Path) -> str:
    """The file's text. Errors: ConfigError that names the mend."""
    try:
        with path.open("rb") as file:
            found = file.read(_MOST_BYTES + 1)
        if len(found) > _MOST_BYTES:
            raise ConfigError("is far too large for a configuration; is it another file?", file=path)
        return found.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError("there is no configuration here yet; make one with `hitchpost init`", file=path) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"must be UTF-8 text; byte {error.start} is not", file=path) from error
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}; check who owns it", file=path) from error


def parse(text: str, path: Path) -> Settings:
    """The settings in `text`, which stands at `path` or is to. Errors: ConfigError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"this is no TOML: {error}", file=path) from error
    except RecursionError:
        raise ConfigError("this is no configuration: lists and tables stand thousands deep in it", file=path) from None
    try:
        parsed = SettingsFile.model_validate(tables)
    except ValidationError as error:
        raise problem_of(error, SettingsFile, tables, path) from error
    return _settings(parsed, path)


def _settings(parsed: SettingsFile, path: Path) -> Settings:
    crms, accounts = _crms(parsed.crm, path), _mail_accounts(parsed, path)
    organisation = _organisation(parsed.organisation)
    desk = read_desk(parsed, accounts, organisation, path)
    forms = read_forms(parsed.form, [account.name for account in accounts if account.kind != WEB_FORMS], path)
    check_opt_in(forms, desk, path)
    return Settings(
        file=path,
        author=parsed.author or _login_name(),
        database=_database(parsed, path),
        poll_seconds=parsed.poll_seconds,
        backfill_months=_months(parsed),
        log_mail=parsed.log_mail,
        organisation=organisation,
        leads=_leads(parsed, crms, path),
        mail_accounts=accounts,
        crms=crms,
        desk=desk,
        field_maps={table.name: _field_map(table) for table in parsed.crm},
        hooks=_hooks(parsed.hook, "hook", hook_kind, path),
        incoming_hooks=_incoming_hooks(parsed, path),
        web=read_web(parsed.web, path, data_folder() / "outpost", named="web" in parsed.model_fields_set),
        language=parsed.language,
        forms=forms,
        patience=Patience(parsed.triage.our_turn_days, parsed.triage.reply_due_days, parsed.triage.cold_days),
        notify=parsed.triage.notify,
        theme=parsed.theme,
        key_set=parsed.keys.set,
        own_keys=parsed.keys.own,
    )


def _field_map(table: CrmTable) -> FieldMap:
    rules = {
        kind: {name: _field_rule(rule) for name, rule in getattr(table.fields, kind.value).items()}
        for kind in RecordKind
    }
    return FieldMap({kind: named for kind, named in rules.items() if named})


def _field_rule(table: FieldTable) -> FieldRule:
    return FieldRule(
        theirs=table.field,
        direction=Direction(table.direction),
        on_conflict=OnConflict(table.on_conflict),
        pin=table.pin,
        label=table.label,
        values=table.values,
    )


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no entry in the password file, as in some containers
        return "me"


def _database(parsed: SettingsFile, path: Path) -> str:
    url = parsed.database or f"sqlite:///{data_folder() / 'hitchpost.sqlite3'}"
    scheme, _, rest = url.partition("://")
    if not rest or scheme.partition("+")[0] not in ("sqlite", "postgresql"):
        raise ConfigError("must be sqlite:///path or postgresql://user@host/name", file=path, key="database")
    if scheme.startswith("sqlite"):
        return f"{scheme}:///{path.parent.absolute() / Path(rest.removeprefix('/')).expanduser()}"
    return _with_password(url, parsed.database_secret, path)


def _with_password(url: str, secret: SecretTable | None, path: Path) -> str:
    parts = urlsplit(url)
    if parts.password is not None:
        mend = 'take it out and write database_secret = { env = "NAME" } (or command, keyring, file), or use ~/.pgpass'
        raise ConfigError(f"no secret stands in this file; {mend}", file=path, key="database")
    if secret is None:
        return url
    password = fetch_secret(read_source(secret, path, "database_secret"), "database_secret")
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


def _organisation(table: OrganisationTable) -> Organisation:
    return Organisation(
        name=table.name,
        also_called=tuple(table.also_called),
        domains=frozenset(table.domains),
        addresses=frozenset(table.addresses),
        colleagues=tuple((person.name, person.email) for person in table.colleagues),
        form_senders=frozenset(table.form_senders),
        phones=frozenset(table.phones),
        services=tuple(table.services),
        default_region=table.default_region,
        languages=tuple(language.lower() for language in table.languages),
    )


def _leads(parsed: SettingsFile, crms: tuple[Connection, ...], path: Path) -> LeadSettings:
    names = [crm.name for crm in crms]
    if parsed.leads.crm and parsed.leads.crm not in names:
        raise ConfigError(f"names no [[crm]] of this file; it can be {', '.join(names)}", file=path, key="leads.crm")
    return LeadSettings(parsed.leads.mode, parsed.leads.crm or names[0])


def _months(parsed: SettingsFile) -> int:
    return parsed.backfill_months if isinstance(parsed.backfill_months, int) else 0


def _mail_accounts(parsed: SettingsFile, path: Path) -> tuple[Connection, ...]:
    tables = [*parsed.mail_account, *_web_forms(parsed, path)]
    _refuse_twins([table.name for table in tables], "mail_account", path)
    defaults = {"backfill_months": _months(parsed)}
    words = ("mail_account", "kind")
    return tuple(_connection(table, table.kind, mailbox_kinds.load, words, path, defaults=defaults) for table in tables)


def _web_forms(parsed: SettingsFile, path: Path) -> list[MailAccountTable]:
    """The mail account for what forms and hooks bring, unless there is one: beside the database, as mail is."""
    if not (parsed.form or parsed.incoming_hook) or any(table.kind == WEB_FORMS for table in parsed.mail_account):
        return []
    database = _database(parsed, path)
    folder = Path(database.partition(":///")[2]).parent if database.startswith("sqlite") else data_folder()
    place = {"name": "web forms", "kind": WEB_FORMS, "path": str(folder / "web-forms")}
    return [MailAccountTable.model_validate(place)]


def _incoming_hooks(parsed: SettingsFile, path: Path) -> tuple[Connection, ...]:
    found = _hooks(parsed.incoming_hook, "incoming_hook", incoming_kind, path)
    wrong = next((each.name for each in found if not _ADDRESS_NAME.fullmatch(each.name)), None)
    if wrong is not None:
        problem = "the name stands in its address: a to z, digits and -"
        raise ConfigError(problem, file=path, key=f"incoming_hook “{wrong}”: name")
    return found


def _hooks(tables: Sequence[PlaceTable], word: str, load_kind: _LoadKind, path: Path) -> tuple[Connection, ...]:
    _refuse_twins([table.name for table in tables], word, path)
    return tuple(_connection(table, word, load_kind, (word, word), path) for table in tables)


def _crms(tables: list[CrmTable], path: Path) -> tuple[Connection, ...]:
    _refuse_twins([table.name for table in tables], "crm", path)
    if not tables:
        options = {"path": str(data_folder() / "crm.sqlite3")}
        embedded = CrmTable.model_validate({"name": "local", "backend": "local", **options})
        return (_connection(embedded, "local", crm_backends.load, ("crm", "backend"), path),)
    return tuple(_connection(table, table.backend, crm_backends.load, ("crm", "backend"), path) for table in tables)


def _refuse_twins(names: Iterable[str], table: str, path: Path) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ConfigError("two tables have this name; give one of them another", file=path, key=f"{table} “{name}”")
        seen.add(name)


def _connection(
    table: PlaceTable,
    kind: str,
    load_kind: _LoadKind,
    words: tuple[str, str],
    path: Path,
    *,
    defaults: Mapping[str, OptionValue] = MappingProxyType({}),
) -> Connection:
    """A table's connection. `words` name its sort and kind; `defaults` stand for options that it leaves out."""
    owner = f"{words[0]} “{table.name}”"

    def refuse(key: str, problem: str, nearest: str | None = None) -> ConfigError:
        return ConfigError(problem, file=path, key=f"{owner}: {key}", nearest=nearest)

    try:
        specs = load_kind(kind).options
    except ConfigError as error:
        raise refuse(words[1], error.problem, error.nearest) from error
    given: Mapping[str, object] = table.model_extra or {}
    options = check_options(given, specs, path.parent.absolute(), refuse)
    options |= {key: value for key, value in defaults.items() if key in options and key not in given}
    source = read_source(table.secret, path, f"{owner}: secret") if table.secret else None
    return Connection(
        table.name,
        kind,
        options,
        secret=functools.partial(fetch_secret, source, owner),
        keep_secret=functools.partial(keep_secret, source, owner),
    )

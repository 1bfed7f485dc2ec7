"""What the configuration file may hold: its keys, their types and what stands for a key that is left out.

`docs/configuration.md` explains every key here; a test compares the two.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sync.screen_choices import KeySet, Notify, ScreenLanguage, ThemeName
from sync.tracking_policy import NO_MORE_MAIL, NOTICE

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_NAME = re.compile(r"\w[\w .@+-]{0,63}")


def _email(text: str) -> str:
    local, at, domain = text.strip().lower().rpartition("@")
    if not (local and at and domain) or " " in text.strip():
        raise ValueError("must be an e-mail address, as name@company.example")
    return f"{local}@{domain}"


def _domain(text: str) -> str:
    domain = text.strip().lower().rstrip(".")
    if "@" in domain or "/" in domain or "." not in domain:
        raise ValueError("must be a domain, as company.example")
    return domain


def _phone(text: str) -> str:
    number = re.sub(r"[\s()./-]", "", text)
    if not _E164.fullmatch(number):
        raise ValueError("must be a number with its country code, as +4755901020")
    return number


def _region(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}|", text):
        raise ValueError("must be the two letters of a country, as NO")
    return text.upper()


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) or text != text.strip():
        raise ValueError("must be 1 to 64 letters, digits, blanks or . @ + - _")
    return text


def _outpost(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or "@" in text:
        raise ValueError("must be a web address as https://t.company.example, without ? and #")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("must begin with https: mail programs refuse or warn of anything else")
    return text.strip().rstrip("/")


def _lawful(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}|all", text, re.IGNORECASE):
        raise ValueError('must be the two letters of a country, as NO, or "all"')
    return text.upper()


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise ValueError("must be a network, as 203.0.113.0/24") from error


def _notice(text: str) -> str:
    if not re.fullmatch(r"[^\[\]]*\[[^\[\]]+\][^\[\]]*", text):
        raise ValueError("must have the words of its link in brackets, once: We count opens. [Change that]")
    return text


def _form_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", text):
        raise ValueError("must be 1 to 40 of a to z, 0 to 9 and -, for it stands in the form's address")
    return text


def _field_name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", text):
        raise ValueError("must be 1 to 40 of a to z, 0 to 9 and _, a letter first")
    return text


def _web_address(text: str) -> str:
    """Absolute and https, so that no form ever leads anywhere that its owner did not write down."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        whole = False
    if text and (not whole or re.search(r"[\x00-\x20\x7f\\]", text)):
        raise ValueError("must be an address that begins with https://")
    return text


def _origin(text: str) -> str:
    origin = text.strip().lower().rstrip("/")
    if not re.fullmatch(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?", origin):
        raise ValueError("must be a site without a path, as https://www.company.example")
    return origin


Email = Annotated[str, AfterValidator(_email)]
FormName = Annotated[str, AfterValidator(_form_name)]
FieldName = Annotated[str, AfterValidator(_field_name)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Origin = Annotated[str, AfterValidator(_origin)]
Language = Literal["en", "no", "sv", "it", "ru"]
Domain = Annotated[str, AfterValidator(_domain)]
Phone = Annotated[str, AfterValidator(_phone)]
Region = Annotated[str, AfterValidator(_region)]
Name = Annotated[str, AfterValidator(_name)]


class Table(BaseModel):
    """Any table of the file: a key that nobody knows, or a value of another type, is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class ColleagueTable(Table):
    name: str
    email: Email


class OrganisationTable(Table):
    """Who we are."""

    name: str = ""
    also_called: list[str] = []
    domains: list[Domain] = []
    addresses: list[Email] = []
    colleagues: list[ColleagueTable] = []
    form_senders: list[Email] = []
    phones: list[Phone] = []
    services: list[str] = []
    default_region: Region = ""
    languages: list[str] = []


class LeadsTable(Table):
    """What becomes of an unknown person's enquiry."""

    mode: Literal["suggest", "auto"] = "suggest"
    crm: str = ""


class TrackingTable(Table):
    """What may be followed of mail of ours; see `sync.tracking_policy`."""

    url: Annotated[str, AfterValidator(_outpost)] = ""
    mode: Literal["none", "aggregate", "individual"] = "none"
    without_consent: list[Annotated[str, AfterValidator(_lawful)]] = []
    smallest_audience: Annotated[int, Field(ge=1, le=1_000)] = 2
    honeypot: bool = False
    notice: Annotated[str, AfterValidator(_notice)] = NOTICE
    no_more_mail: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\[\]\n]+$")] = NO_MORE_MAIL
    retention_months: Annotated[int, Field(ge=1, le=120)] = 12
    own_networks: list[Annotated[str, AfterValidator(_network)]] = []
    scanner_networks: list[Annotated[str, AfterValidator(_network)]] = []
    scanner_agents: list[Annotated[str, Field(min_length=4, max_length=200)]] = []
    person_networks: list[Annotated[str, AfterValidator(_network)]] = []


Days = Annotated[int, Field(ge=1, le=3_650)]


class TriageTable(Table):
    """How long conversations may rest, and how one hears of what is due."""

    our_turn_days: Days = 2
    reply_due_days: Days = 5
    cold_days: Days = 10
    notify: Notify = "auto"


class KeysTable(Table):
    """Which keys the screen has; commands and keys are checked where they are known, when it opens."""

    set: KeySet = "vim"
    own: dict[str, str] = {}


class SecretTable(Table):
    """Where a secret is; exactly one of the four."""

    env: str = ""
    command: str = ""
    keyring: str = ""
    file: str = ""


class PlaceTable(BaseModel):
    """What every mail account and CRM has; the other keys are the kind's own and checked against its options."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, hide_input_in_errors=True)

    name: Name
    secret: SecretTable | None = None


class MailAccountTable(PlaceTable):
    kind: str


class FieldTable(Table):
    """How one field of a CRM is ours; see `sync.field_map`."""

    field: str = ""
    direction: Literal["both", "in", "out", "never"] = "both"
    on_conflict: Literal["ask", "mine", "theirs", "newest"] = "ask"
    pin: bool = False
    label: str = ""
    values: dict[str, str] = {}


class FieldsTable(Table):
    """The fields of each kind of record by our name."""

    lead: dict[str, FieldTable] = {}
    contact: dict[str, FieldTable] = {}
    account: dict[str, FieldTable] = {}
    opportunity: dict[str, FieldTable] = {}


class CrmTable(PlaceTable):
    backend: str
    fields: FieldsTable = FieldsTable()


class WebTable(Table):
    """The outpost: what stands in the open for the agent."""

    listen: str = "127.0.0.1:8025"
    folder: str = ""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    trusted_proxies: list[str] = []
    whole_addresses: bool = False
    patience_seconds: Annotated[int, Field(ge=1, le=600)] = 15
    secret: SecretTable | None = None
    remote: str = ""
    ca_file: str = ""
    allow_http: bool = False


class HookTable(PlaceTable):
    """A program that is told what happens; its other keys are those of `sync.hooks`."""


class IncomingHookTable(PlaceTable):
    """A program that may tell us something; its other keys are those of `sync.hooks`."""


class TemplateTable(Table):
    """A text to write mail from."""

    name: Name
    subject: str = ""
    text: str = ""
    file: str = ""


class FormFieldTable(Table):
    """A question of a form."""

    name: FieldName
    kind: Literal["text", "email", "phone", "textarea", "choice", "file", "hidden"] = "text"
    means: str | None = None
    label: str | dict[Language, str] = ""
    required: bool = False
    max_length: Annotated[int, Field(ge=1, le=20_000)] | None = None
    choices: list[str] = []
    value: str = ""


class ConsentTable(Table):
    """A box to tick in a form."""

    name: FieldName
    text: str
    to: Literal["mail", "tracking", ""] = ""
    version: str = "1"
    required: bool = False


class FormTable(Table):
    """A web form; see `crm_model.web_forms`."""

    name: FormName
    title: str
    intro: str = ""
    languages: Annotated[list[Language], Field(min_length=1)] = ["en"]
    field: Annotated[list[FormFieldTable], Field(max_length=30)] = []
    consent: Annotated[list[ConsentTable], Field(max_length=10)] = []
    origins: list[Origin] = []
    file_types: list[str] | None = None
    file_megabytes: Annotated[int, Field(ge=1, le=50)] = 10
    file_count: Annotated[int, Field(ge=1, le=10)] = 3
    per_hour: Annotated[int, Field(ge=1, le=10_000)] = 20
    double_opt_in: bool = False
    confirm_days: Annotated[int, Field(ge=1, le=90)] = 7
    mail_account: str = ""
    thank_you: str = ""
    redirect: WebAddress = ""
    privacy: str = ""
    privacy_url: WebAddress = ""
    leads: Literal["suggest", "auto", ""] = ""
    owners: dict[str, str] = {}


class SettingsFile(Table):
    """The whole file."""

    author: str = ""
    language: ScreenLanguage = ""
    theme: ThemeName = "auto"
    database: str = ""
    database_secret: SecretTable | None = None
    poll_seconds: Annotated[int, Field(ge=5, le=86_400)] = 60
    backfill_months: Annotated[int, Field(ge=0, le=1_200)] | Literal["all"] = 12
    log_mail: Literal["off", "headers", "text"] = "text"
    undo_send_seconds: Annotated[int, Field(ge=0, le=3_600)] = 10
    organisation: OrganisationTable = OrganisationTable()
    leads: LeadsTable = LeadsTable()
    tracking: TrackingTable = TrackingTable()
    triage: TriageTable = TriageTable()
    keys: KeysTable = KeysTable()
    template: list[TemplateTable] = []
    mail_account: list[MailAccountTable] = []
    crm: list[CrmTable] = []
    web: WebTable = WebTable()
    hook: list[HookTable] = []
    incoming_hook: list[IncomingHookTable] = []
    form: list[FormTable] = []

"""CRM records in words that every CRM shares; vendors' words stay in their adapters.

Field values are plain: text, whole numbers, booleans, None, tuples of text. Money is a decimal string with a
point ("12500.00"), a percentage a whole number, a date "2026-11-22", a time "2026-11-22T09:00:00Z". A field that
names another record holds that record's id in the CRM, or `local:<id>` while the other one is not pushed yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

FieldValue = str | int | bool | None | tuple[str, ...]
Fields = Mapping[str, FieldValue]


class RecordKind(StrEnum):
    LEAD = "lead"
    CONTACT = "contact"
    ACCOUNT = "account"
    OPPORTUNITY = "opportunity"


Ref = tuple[RecordKind, str]
"""A record by kind and the CRM's own id."""


class ActivityKind(StrEnum):
    EMAIL = "email"
    CALL = "call"
    MEETING = "meeting"
    TASK = "task"
    NOTE = "note"


class FieldType(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    EMAIL = "email"
    EMAILS = "emails"
    PHONE = "phone"
    URL = "url"
    TEXTS = "texts"
    PICKLIST = "picklist"
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    REFERENCE = "reference"
    REFERENCES = "references"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What a backend says of one field: `options` (value, label) of a picklist, `target` the kind a reference names.

    `vendor_name` is the CRM's own name of it; `extra` says that we have no word for it: it keeps the CRM's name and
    shows only where a person pins it (`pinned`). `max_length` is in characters.
    """

    name: str
    label: str
    type: FieldType
    required: bool = False
    read_only: bool = False
    options: tuple[tuple[str, str], ...] = ()
    target: RecordKind | None = None
    max_length: int | None = None
    vendor_name: str = ""
    extra: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a CRM holds it now. `revision` is opaque and changes with every change of the record."""

    kind: RecordKind
    id: str
    fields: Fields
    revision: str
    modified_at: datetime
    modified_by: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A record as the local database knows it: what linking looks at.

    `id` is the database's own id, `account_id` that of its account. `is_open`: an opportunity that is not closed,
    a lead that is not converted; other kinds always. `converted_to` is the contact that a lead became.
    """

    id: int
    crm: str
    kind: RecordKind
    title: str
    fields: Fields
    account_id: int | None = None
    is_open: bool = True
    converted_to: int | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened, or is to happen, with a record. `id` is "" until the CRM has it.

    `message_id` makes an e-mail unique and `in_reply_to` puts it in its thread; `sender`, `recipients` and `copies` are
    its addresses. `due_at` is for tasks, `done` for tasks, calls and meetings, `ends_at` for calls and meetings;
    `about` names the records, persons first. `owner` is whose it is ("": the user we are signed in as).
    """

    kind: ActivityKind
    subject: str
    at: datetime
    about: tuple[Ref, ...]
    body: str = ""
    author: str = ""
    due_at: datetime | None = None
    done: bool = False
    message_id: str = ""
    direction: str = ""
    id: str = ""
    in_reply_to: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    ends_at: datetime | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file to hang on a record."""

    name: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file as the CRM lists it."""

    id: str
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Owner:
    """A user of the CRM who can own records."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a lead turns into. Empty `opportunity` means no opportunity; `account_id` joins an existing account."""

    account: Fields = field(default_factory=dict)
    contact: Fields = field(default_factory=dict)
    opportunity: Fields = field(default_factory=dict)
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Converted:
    """The records a lead turned into, and the lead itself as it stands after."""

    lead: Record
    contact: Record
    account: Record | None
    opportunity: Record | None


def title_of(kind: RecordKind, fields: Fields) -> str:
    """The name that people know a record by."""
    if kind in (RecordKind.ACCOUNT, RecordKind.OPPORTUNITY):
        return str(fields.get("name") or "")
    name = " ".join(str(fields[part]) for part in ("first_name", "last_name") if fields.get(part))
    return name or str(fields.get("company") or fields.get("email") or "")


def emails_of(fields: Fields) -> tuple[str, ...]:
    """Every address of a person's record, lower case, the main one first, each once."""
    others = fields.get("other_emails")
    found = [fields.get("email"), *(others if isinstance(others, tuple) else ())]
    return tuple(dict.fromkeys(str(email).strip().lower() for email in found if email))

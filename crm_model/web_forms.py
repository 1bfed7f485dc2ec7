"""A web form: its fields, whom it answers and what it asks consent for.

`WebForm` is all that the outpost is told; `FormRules` stay with the agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

LANGUAGES = ("en", "no", "sv", "it", "ru")
"""The languages that a form's own words exist in."""

TRAP = "web_page_2"
"""The name of the field that no person sees; whoever fills it in is a machine."""

MEANINGS = (
    *("name", "first_name", "last_name", "company", "email", "phone", "title", "website"),
    *("message", "budget", "service", "file"),
)
"""What a field can stand for in a lead; "" for anything else."""

FILE_TYPES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "pdf": ("application/pdf", ("pdf",)),
    "png": ("image/png", ("png",)),
    "jpeg": ("image/jpeg", ("jpg", "jpeg")),
    "gif": ("image/gif", ("gif",)),
    "webp": ("image/webp", ("webp",)),
    "heic": ("image/heic", ("heic", "heif")),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",)),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ("pptx",)),
    "odt": ("application/vnd.oasis.opendocument.text", ("odt",)),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", ("ods",)),
    "odp": ("application/vnd.oasis.opendocument.presentation", ("odp",)),
    "zip": ("application/zip", ("zip",)),
    "txt": ("text/plain", ("txt", "md", "log")),
    "csv": ("text/csv", ("csv", "tsv")),
}
"""What may be uploaded: content type and extensions by short name."""

USUAL_FILE_TYPES = ("pdf", "png", "jpeg", "heic", "docx", "xlsx", "pptx", "odt", "ods", "odp", "txt", "csv")
"""All of them but animations and archives."""


class InputKind(StrEnum):
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    TEXTAREA = "textarea"
    CHOICE = "choice"
    FILE = "file"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class FormField:
    """One question. `labels` by language, {} for the form's own words; `means` as in MEANINGS.

    `max_length` in characters. `value` is what a hidden field says, unless the page says otherwise.
    """

    name: str
    kind: InputKind = InputKind.TEXT
    means: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    max_length: int = 200
    choices: tuple[str, ...] = ()
    value: str = ""


@dataclass(frozen=True, slots=True)
class ConsentBox:
    """A box to tick. `to` is mail, tracking or "" (something else); `version` names the text that was agreed to."""

    name: str
    text: str
    to: str = ""
    version: str = "1"
    required: bool = False


@dataclass(frozen=True, slots=True)
class WebForm:
    """A form as the world sees it.

    `languages`: the first is spoken to whoever asks for none of them. `origins` are the sites that may post to it
    ("https://www.company.example"). `file_bytes` and `file_count` are limits for uploads, `per_hour` one for a
    network. `redirect` is where a thank-you leads, "" for the form's own page.
    """

    name: str
    title: str
    intro: str = ""
    languages: tuple[str, ...] = ("en",)
    fields: tuple[FormField, ...] = ()
    consents: tuple[ConsentBox, ...] = ()
    origins: tuple[str, ...] = ()
    file_types: tuple[str, ...] = ()
    file_bytes: int = 10_000_000
    file_count: int = 3
    per_hour: int = 20
    double_opt_in: bool = False
    thank_you: str = ""
    redirect: str = ""
    privacy: str = ""
    privacy_url: str = ""

    def language(self, wanted: str) -> str:
        """The language to speak to somebody who wants this one, "" for no wish."""
        return wanted if wanted in self.languages else self.languages[0]

    @property
    def questions(self) -> tuple[FormField | ConsentBox, ...]:
        """Everything that can be answered, boxes last."""
        return (*self.fields, *self.consents)

    def meaning(self, means: str) -> str:
        """The name of the field that means this, "" without one."""
        return next((each.name for each in self.fields if each.means == means), "")


@dataclass(frozen=True, slots=True)
class FormRules:
    """What becomes of a form's submissions.

    `leads` is suggest, auto or "" (as for mail). `owners`: who gets a lead, by the service asked for, lower case, ""
    for any other; as the CRM names its users (id, name or address). `mail_account` sends the mail of a double opt-in,
    "" the first one that can. `confirm_days`: what is not confirmed by then is forgotten.
    """

    form: WebForm
    leads: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
    mail_account: str = ""
    confirm_days: int = 7

    def owner(self, service: str) -> str:
        """Whose lead it is, "" if nobody says."""
        return self.owners.get(service.strip().lower()) or self.owners.get("", "")


USUAL_FIELDS = (
    FormField("name", means="name", required=True),
    FormField("company", means="company"),
    FormField("email", InputKind.EMAIL, means="email", required=True, max_length=254),
    FormField("phone", InputKind.PHONE, means="phone", max_length=40),
    FormField("message", InputKind.TEXTAREA, means="message", required=True, max_length=5_000),
    FormField("budget", means="budget", max_length=100),
    FormField("file", InputKind.FILE, means="file"),
    FormField("service", InputKind.HIDDEN, means="service"),
)
"""What a form asks that says nothing of its fields."""


def page_of(name: str) -> str:
    """What a form is called among the pages of an outpost."""
    return f"form:{name}"


def pack_form(form: WebForm) -> dict[str, Any]:
    """Plain JSON, for `unpack_form`."""
    return asdict(form)


def unpack_form(packed: Mapping[str, Any]) -> WebForm:
    """The form that was packed, maybe by another version. Errors: ValueError for what is no form."""
    try:
        known = _known(WebForm, packed)
        known["fields"] = tuple(_field(each) for each in known.get("fields", ()))
        known["consents"] = tuple(ConsentBox(**_known(ConsentBox, each)) for each in known.get("consents", ()))
        for name in ("languages", "origins", "file_types"):
            if name in known:
                known[name] = tuple(str(each) for each in known[name])
        form = WebForm(**known)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError("a broken form") from error
    if not form.languages:
        raise ValueError("a form without a language")
    return form


def _field(packed: Mapping[str, Any]) -> FormField:
    known = _known(FormField, packed)
    return FormField(**{**known, "kind": InputKind(known["kind"]), "choices": tuple(known.get("choices", ()))})


def _known(kind: type[Any], packed: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: packed[each.name] for each in fields(kind) if each.name in packed}

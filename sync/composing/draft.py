"""A mail while it is written, and the desk it is written at: who writes, with which templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from crm_model.errors import NotSupported
from crm_model.mail import Address
from crm_model.organisation import Organisation
from crm_model.tracking import TrackingMode
from sync.tracking_policy import TrackingPolicy


class DraftKind(StrEnum):
    NEW = "new"
    REPLY = "reply"
    REPLY_ALL = "reply_all"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an account writes as. `html`: an HTML version goes beside the plain text."""

    account: str
    address: Address
    signature: str = ""
    html: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A text with placeholders, as {{person.first_name}}; see `sync.composing.templates`."""

    name: str
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What writing needs of the configuration. `undo_seconds`: how long a mail waits before it leaves."""

    identities: tuple[Identity, ...] = ()
    templates: tuple[Template, ...] = ()
    undo_seconds: int = 10
    organisation: Organisation = field(default_factory=Organisation)
    tracking: TrackingPolicy = field(default_factory=TrackingPolicy)

    def identity(self, account: str = "") -> Identity:
        """The identity of an account, the first one for "". Errors: NotSupported where none can send."""
        found = next((each for each in self.identities if account in ("", each.account)), None)
        if found is None:
            mend = "give it smtp_host (and sender, if its user is no address) in the configuration."
            of_one, of_none = f"The mail account “{account}” can't send: {mend}", f"No mail account can send: {mend}"
            raise NotSupported(of_one if account else of_none, feature="sending")
        return found

    def own_addresses(self) -> frozenset[str]:
        """The addresses that an answer must not go to, lower case."""
        return self.organisation.addresses | {each.address.email.lower() for each in self.identities}


@dataclass(frozen=True, slots=True)
class DraftFile:
    """Something to attach: a file on this machine, read when the mail is sent; `kept_id` once its bytes are stored."""

    path: str
    kept_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail as a person types it. Addresses are still text.

    `answers` is the row id of the message that it replies to or forwards, `thread_id` its conversation, `record_id`
    the record that a new mail is about. `in_reply_to` and `references` are ids without angle brackets.
    `forwarded` are parts of the answered message ("2.1") to be attached. `unfilled` are placeholders that the
    template found no value for: while one of them stands in the text, the mail is not sent. `tracking` None follows as
    much as the configuration says; `sequence`: one of many alike, whose reader must be able to end them at a click.
    `automatic`: no person wrote it, and no program should answer it.
    """

    account: str = ""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    kind: DraftKind = DraftKind.NEW
    files: tuple[DraftFile, ...] = ()
    answers: int | None = None
    thread_id: int | None = None
    record_id: int | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    forwarded: tuple[str, ...] = ()
    unfilled: tuple[str, ...] = ()
    tracking: TrackingMode | None = None
    sequence: bool = False
    automatic: bool = False


def pack_draft(draft: Draft) -> dict[str, Any]:
    """Plain JSON, for `unpack_draft`."""
    return asdict(draft)


def unpack_draft(packed: Mapping[str, Any]) -> Draft:
    """The draft that was packed, maybe by an older Hitchpost: what it does not name has its default."""
    known = {each.name: packed[each.name] for each in fields(Draft) if each.name in packed}
    lists = {name: tuple(known.get(name, ())) for name in ("references", "forwarded", "unfilled")}
    files = tuple(DraftFile(**each) for each in known.get("files", ()))
    kind, wanted = DraftKind(known.get("kind", DraftKind.NEW)), known.get("tracking")
    tracking = TrackingMode(wanted) if wanted else None
    return Draft(**{**known, **lists, "files": files, "kind": kind, "tracking": tracking})

"""What the outpost heard from the world, as it lies in its spool until the agent has collected it.

    spool line = JSON object {"type": hit | opt_out | submission | confirmation | hook, "id", "at", …}

Each event has an id that the outpost made, so collecting it twice does nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from crm_model.tracking import Hit, TokenKind


@dataclass(frozen=True, slots=True)
class OptOut:
    """Somebody wants no more tracking, mail, or both. `one_click`: asked by a mail program's button (RFC 8058)."""

    id: str
    at: datetime
    token: str
    tracking: bool
    mail: bool
    one_click: bool = False


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of a submission. `blob` names its bytes at the outpost; `size` in bytes."""

    blob: str
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that was filled in and passed its checks. `values` by the form's field names."""

    id: str
    at: datetime
    form: str
    values: Mapping[str, str]
    language: str = "en"
    files: tuple[UploadedFile, ...] = ()
    waits_for_confirmation: bool = False
    page: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The person behind a submission opened the link that was mailed and pressed the button."""

    id: str
    at: datetime
    submission: str


@dataclass(frozen=True, slots=True)
class IncomingHook:
    """A signed call of another program. `body` is its JSON object."""

    id: str
    at: datetime
    hook: str
    body: Mapping[str, Any] = field(default_factory=dict)


WebEvent = Hit | OptOut | Submission | Confirmation | IncomingHook

_TYPES: dict[str, type[WebEvent]] = {
    "hit": Hit,
    "opt_out": OptOut,
    "submission": Submission,
    "confirmation": Confirmation,
    "hook": IncomingHook,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}


def pack_event(event: WebEvent) -> dict[str, Any]:
    """Plain JSON, for `unpack_event`. Times are ISO 8601 in UTC."""
    packed: dict[str, Any] = {"type": _NAMES[type(event)]}
    for each in fields(event):
        value = getattr(event, each.name)
        if isinstance(value, datetime):
            value = value.astimezone(UTC).isoformat()
        elif isinstance(value, StrEnum):
            value = value.value
        elif isinstance(value, Mapping):
            value = dict(value)
        elif each.name == "files":
            value = [[file.blob, file.name, file.content_type, file.size] for file in value]
        packed[each.name] = value
    return packed


def unpack_event(packed: Mapping[str, Any]) -> WebEvent:
    """The event that was packed, maybe by another version. Errors: ValueError for what is no event."""
    kind = _TYPES.get(str(packed.get("type")))
    if kind is None:
        raise ValueError("an event of no known type")
    known = {each.name: packed[each.name] for each in fields(kind) if each.name in packed}
    try:
        known["at"] = datetime.fromisoformat(known["at"]).astimezone(UTC)
        if kind is Hit:
            known["kind"] = TokenKind(known["kind"])
        if "files" in known:
            known["files"] = tuple(UploadedFile(str(b), str(n), str(t), int(s)) for b, n, t, s in known["files"])
        return kind(**known)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"a broken {packed['type']} event") from error

"""What a program may tell by an incoming hook, checked where it is heard.

{"event": "lead", "fields": {"name": …, "email": …, "message": …}}
{"event": "activity", "kind": "call" | "note" | "meeting", "email": …, "phone": …, "text": …, "at": …}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_model.records import ActivityKind
from crm_model.web_forms import MEANINGS

PAGE = "hook:"
"""What an incoming hook's page at the outpost is called, before its name."""

FIELD_NAMES = tuple(name for name in MEANINGS if name != "file")
"""What can be told of a lead."""

_KINDS = (ActivityKind.CALL.value, ActivityKind.NOTE.value, ActivityKind.MEETING.value)


def is_understood(body: Mapping[str, Any]) -> str:
    """ "" for a call that can be taken, else a sentence that says what is wrong with it."""
    if body.get("event") == "lead":
        return _wrong_lead(body.get("fields"))
    if body.get("event") == "activity":
        if body.get("kind") not in _KINDS:
            return "An activity's kind is call, note or meeting."
        return "" if body.get("text") and (body.get("email") or body.get("phone")) else "Say text, and email or phone."
    return "The event is lead or activity."


def _wrong_lead(fields: object) -> str:
    if not isinstance(fields, dict) or not (fields.get("email") or fields.get("phone")):
        return "A lead needs fields with an email or a phone."
    unknown = sorted(set(map(str, fields)) - set(FIELD_NAMES))
    return f"Nobody knows these fields: {', '.join(unknown)}; there are {', '.join(FIELD_NAMES)}." if unknown else ""

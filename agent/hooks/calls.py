"""What a program may tell by an incoming hook, checked where it is heard.

{"event": "lead", "fields": {"name": …, "email": …, "message": …}}
{"event": "activity", "kind": "call" | "note" | "meeting", "email": …, "phone": …, "text": …, "at": …}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm_model.field_values import clean_text
from crm_model.records import ActivityKind
from crm_model.safe_text import safe_line
from crm_model.web_forms import MEANINGS

PAGE = "hook:"
"""What an incoming hook's page at the outpost is called, before its name."""

FIELD_NAMES = tuple(name for name in MEANINGS if name != "file")
"""What can be told of a lead."""

_KINDS = (ActivityKind.CALL.value, ActivityKind.NOTE.value, ActivityKind.MEETING.value)
_LONGEST = 20_000
_NOBODY = "A lead needs fields with an email or a phone."


def understood(body: Mapping[str, Any]) -> dict[str, Any]:
    """What counts of a call, as texts that a database can hold: nothing else of it is kept.

    Errors: ValueError with a sentence that says what is wrong.
    """
    if body.get("event") == "lead":
        return {"event": "lead", "fields": _lead(body.get("fields"))}
    if body.get("event") == "activity":
        return {"event": "activity", **_activity(body)}
    raise ValueError("The event is lead or activity.")


def _lead(fields: object) -> dict[str, str]:
    if not isinstance(fields, dict):
        raise ValueError(_NOBODY)  # noqa: TRY004  # the caller's values, not our types
    unknown = sorted(set(fields) - set(FIELD_NAMES))
    if unknown:
        named = safe_line(", ".join(unknown))[:200]
        raise ValueError(f"Nobody knows these fields: {named}; there are {', '.join(FIELD_NAMES)}.")
    texts = _texts(fields, FIELD_NAMES)
    if not (texts.get("email") or texts.get("phone")):
        raise ValueError(_NOBODY)
    return texts


def _activity(body: Mapping[str, Any]) -> dict[str, str]:
    if body.get("kind") not in _KINDS:
        raise ValueError("An activity's kind is call, note or meeting.")
    texts = _texts(body, ("kind", "email", "phone", "text", "at"))
    if not texts.get("text") or not (texts.get("email") or texts.get("phone")):
        raise ValueError("Say text, and email or phone.")
    return texts


def _texts(told: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """The values of these names that say something. Programs write numbers for telephone numbers and budgets."""
    given = {name: told[name] for name in names if told.get(name) not in (None, "")}
    wrong = [name for name, value in given.items() if not isinstance(value, str | int) or isinstance(value, bool)]
    if wrong:
        raise ValueError(f"These must be text: {', '.join(wrong)}.")
    return {name: clean_text(str(value)).strip()[:_LONGEST] for name, value in given.items()}

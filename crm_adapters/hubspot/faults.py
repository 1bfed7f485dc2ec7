"""What HubSpot's refusals mean for the caller."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from crm_adapters.answers import Answer, error_of, retry_after
from crm_adapters.site import Site
from crm_model.errors import Busy, HitchpostError, LoginNeeded, NotFound, RateLimited, Rejected
from crm_model.safe_text import safe_text

JUDGED = frozenset({400, 403, 404, 409, 413, 414, 423, 429, 477})
_WAITS = {"DAILY": 3_600.0, "TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0}
_EXISTING = re.compile(r"Existing ID: (\d+)")
_QUOTED_FIELD = re.compile(r'[Pp]ropert(?:y|ies) (?:named )?"?(\w+)"?')
_LONGEST = 300


class Refused(Rejected):
    """HubSpot's own no. `fields` are its property names with what is wrong of each."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, existing_id: str = "") -> None:
        self.said = safe_text(message)[:_LONGEST]
        super().__init__(f"HubSpot refused: {self.said}", field_errors={})
        self.fields, self.existing_id = dict(fields or {}), existing_id


def fault_of(answer: Answer, site: Site) -> HitchpostError:
    """Our error for an answer that is no success."""
    try:
        held = json.loads(answer.body)
    except (ValueError, RecursionError):
        return error_of(answer, site)
    details = held if isinstance(held, dict) else {}
    # Only what is HubSpot's own is quoted: a proxy on the way may repeat what we sent.
    category = str(details.get("category") or "")
    message = str(details.get("message", "")) if category else ""
    match answer.status:
        case 429:
            wait = retry_after(answer.headers) or _WAITS.get(str(details.get("policyName", "")), 10.0)
            return RateLimited("HubSpot asks for fewer calls; it goes on by itself.", retry_after_seconds=wait)
        case 423 | 477:
            wait = retry_after(answer.headers) or 5.0
            return Busy("HubSpot is busy with a large change there; it goes on by itself.", retry_after_seconds=wait)
        case 404:
            return NotFound("There is no such record in HubSpot (any more).")
        case 403:
            scopes = _scopes(details)
            what = f"lacks the scope {scopes}" if scopes else "may not do this"
            return LoginNeeded(f"The app in HubSpot {what}; add it there and sign in again.", account=site.account)
    found = _EXISTING.search(message)
    return Refused(
        message or category or f"HTTP {answer.status}",
        fields=wrong_fields(details),
        existing_id=found[1] if found is not None else "",
    )


def wrong_fields(details: Mapping[str, object]) -> dict[str, str]:
    """Property names of a validation error and what is wrong with each: they stand in three places."""
    wrong: dict[str, str] = {}
    message = str(details.get("message", "")) if details.get("category") else ""
    start = message.find("[{")
    if start >= 0:
        try:
            listed = json.loads(message[start:])
        except ValueError:
            listed = []
        wrong |= {str(one.get("name")): str(one.get("message", "")) for one in listed if isinstance(one, dict)}
    errors = details.get("errors")
    for one in errors if isinstance(errors, list) else ():
        context = one.get("context") if isinstance(one, dict) else None
        names = context.get("propertyName") if isinstance(context, dict) else None
        for name in names if isinstance(names, list) else ():
            wrong.setdefault(str(name), str(one.get("message", "")))
    if not wrong and (found := _QUOTED_FIELD.search(message)):
        wrong[found[1]] = message
    return {name: safe_text(said)[:_LONGEST] or "HubSpot does not take this." for name, said in wrong.items() if name}


def _scopes(details: Mapping[str, object]) -> str:
    errors = details.get("errors")
    found: list[str] = []
    for one in errors if isinstance(errors, list) else ():
        context = one.get("context") if isinstance(one, dict) else None
        for value in context.values() if isinstance(context, dict) else ():
            found += [str(each) for each in value] if isinstance(value, list) else [str(value)]
    return safe_text(", ".join(dict.fromkeys(found)))[:_LONGEST]

"""What an activity's properties hold, and the way back: HTML for people, a foot for what has no property."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crm_adapters.hubspot import values
from crm_adapters.hubspot.api import Row
from crm_adapters.hubspot.records import properties_of
from crm_model.field_values import clean_text
from crm_model.records import Activity, ActivityKind, Ref

LONGEST_BODY = 60_000  # a note is 65,536 characters
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FOOT = re.compile(r"\n*- - -\nMessage-ID: (?P<id>[^\n]+)(?:\nIn-Reply-To: (?P<parent>[^\n]+))?\s*\Z")
_BREAK = re.compile(r"<br\s*/?>\n?|</p>\n?|</div>\n?", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_DIRECTIONS = {"in": "INCOMING_EMAIL", "out": "EMAIL"}
_CALLS = {"in": "INBOUND", "out": "OUTBOUND"}
_TITLES = {
    ActivityKind.CALL: ("hs_call_title", "hs_call_body"),
    ActivityKind.MEETING: ("hs_meeting_title", "hs_meeting_body"),
    ActivityKind.TASK: ("hs_task_subject", "hs_task_body"),
}


def body_of(activity: Activity) -> str:
    """The text that is kept of an activity."""
    text = clean_text(activity.body).replace("\r\n", "\n").replace("\r", "\n")
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}\n[…]"


def properties_for(activity: Activity) -> dict[str, str]:
    """The properties of a new activity."""
    at = activity.due_at if activity.kind is ActivityKind.TASK and activity.due_at else activity.at
    properties = {"hs_timestamp": iso_ms(at)} | ({"hubspot_owner_id": activity.owner} if activity.owner else {})
    subject, body = " ".join(clean_text(activity.subject).split()), body_of(activity)
    match activity.kind:
        case ActivityKind.EMAIL:
            own = _mail(activity, subject, body)
        case ActivityKind.NOTE:
            own = {"hs_note_body": html_of("\n\n".join(part for part in (subject, body) if part))}
        case _:
            title, text = _TITLES[activity.kind]
            own = {title: subject or "–", text: html_of(body), **_states(activity)}
    return properties | own


def read_activity(
    kind: ActivityKind, row: Row, about: tuple[Ref, ...], *, people: Mapping[str, str], activity_id: str
) -> Activity:
    """An activity of its properties; what HubSpot holds as HTML comes back as text."""
    held = {name: str(value) for name, value in properties_of(row).items() if value is not None}
    owner, at = held.get("hubspot_owner_id", ""), values.any_time(held.get("hs_timestamp")) or _EPOCH
    plain = Activity(kind, "", at, about, author=people.get(owner, owner), owner=owner, id=activity_id)
    match kind:
        case ActivityKind.EMAIL:
            return _read_mail(plain, held)
        case ActivityKind.NOTE:
            subject, _, body = text_of(held.get("hs_note_body", "")).partition("\n\n")
            return replace(plain, subject=subject, body=body)
        case _:
            title, text = _TITLES[kind]
            read = replace(plain, subject=held.get(title, ""), body=text_of(held.get(text, "")))
            return _read_states(read, held)


def _states(activity: Activity) -> dict[str, str]:
    ends_at = activity.ends_at or activity.at
    match activity.kind:
        case ActivityKind.CALL:
            lasts = max(0, values.milliseconds(ends_at) - values.milliseconds(activity.at))
            status = "COMPLETED" if activity.done else "QUEUED"
            direction = {"hs_call_direction": _CALLS[activity.direction]} if activity.direction in _CALLS else {}
            return {"hs_call_duration": str(lasts), "hs_call_status": status, **direction}
        case ActivityKind.MEETING:
            outcome = "COMPLETED" if activity.done else "SCHEDULED"
            times = {"hs_meeting_start_time": iso_ms(activity.at), "hs_meeting_end_time": iso_ms(ends_at)}
            return {**times, "hs_meeting_outcome": outcome}
        case _:
            return {"hs_task_status": "COMPLETED" if activity.done else "NOT_STARTED"}


def _read_states(activity: Activity, held: Mapping[str, str]) -> Activity:
    match activity.kind:
        case ActivityKind.CALL:
            lasts = held.get("hs_call_duration", "")
            ends_at = activity.at + timedelta(milliseconds=int(lasts)) if lasts.isdecimal() else None
            way = {own: ours for ours, own in _CALLS.items()}.get(held.get("hs_call_direction", ""), "")
            return replace(activity, ends_at=ends_at, direction=way, done=held.get("hs_call_status") == "COMPLETED")
        case ActivityKind.MEETING:
            starts = values.any_time(held.get("hs_meeting_start_time")) or activity.at
            ends_at = values.any_time(held.get("hs_meeting_end_time"))
            return replace(activity, at=starts, ends_at=ends_at, done=held.get("hs_meeting_outcome") == "COMPLETED")
        case _:
            made_at = values.any_time(held.get("hs_createdate")) or activity.at
            done = held.get("hs_task_status") == "COMPLETED"
            return replace(activity, due_at=activity.at, at=made_at, done=done)


def _mail(activity: Activity, subject: str, body: str) -> dict[str, str]:
    """Sender and recipients are read-only properties, which HubSpot fills from the headers."""
    foot = f"\n\n- - -\nMessage-ID: {activity.message_id}" if activity.message_id else ""
    if foot and activity.in_reply_to:
        foot += f"\nIn-Reply-To: {activity.in_reply_to}"
    headers = {
        "from": {"email": activity.sender},
        "sender": {"email": activity.sender},
        "to": [{"email": address} for address in activity.recipients],
        "cc": [{"email": address} for address in activity.copies],
        "bcc": [],
    }
    return {
        "hs_email_subject": subject,
        "hs_email_text": f"{body}{foot}",
        "hs_email_direction": _DIRECTIONS.get(activity.direction, "EMAIL"),
        "hs_email_status": "SENT",
        "hs_email_headers": json.dumps(headers),
    }


def _read_mail(activity: Activity, held: Mapping[str, str]) -> Activity:
    text = held.get("hs_email_text") or text_of(held.get("hs_email_html", ""))
    foot = _FOOT.search(text)
    headers = _headers(held.get("hs_email_headers", ""))
    return replace(
        activity,
        subject=held.get("hs_email_subject", ""),
        body=(text[: foot.start()] if foot is not None else text).strip("\n"),
        message_id=foot["id"].strip() if foot is not None else held.get("hs_email_message_id", ""),
        in_reply_to=(foot["parent"] or "").strip() if foot is not None else "",
        direction="in" if held.get("hs_email_direction") == "INCOMING_EMAIL" else "out",
        sender=held.get("hs_email_from_email") or next(iter(_addresses(headers.get("from"))), ""),
        recipients=_split(held.get("hs_email_to_email", "")) or _addresses(headers.get("to")),
        copies=_split(held.get("hs_email_cc_email", "")) or _addresses(headers.get("cc")),
    )


def _headers(text: str) -> Mapping[str, object]:
    try:
        held = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}


def _addresses(held: object) -> tuple[str, ...]:
    listed = held if isinstance(held, list) else [held]
    return tuple(str(each["email"]) for each in listed if isinstance(each, dict) and each.get("email"))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def iso_ms(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def html_of(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br />\n")


def text_of(markup: str) -> str:
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", markup))).strip("\n")

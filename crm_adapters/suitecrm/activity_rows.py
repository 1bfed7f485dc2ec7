"""An activity as a row of SuiteCRM's: e-mails, calls, meetings, tasks and notes are modules of their own."""

from __future__ import annotations

from datetime import UTC, datetime

from crm_adapters.spelling import sql_time, time_of
from crm_adapters.suitecrm.dialect import Row, Values
from crm_adapters.suitecrm.text import bare_message_id, to_server
from crm_model.records import Activity, ActivityKind, Ref

MODULES = {
    ActivityKind.EMAIL: "Emails",
    ActivityKind.CALL: "Calls",
    ActivityKind.MEETING: "Meetings",
    ActivityKind.TASK: "Tasks",
    ActivityKind.NOTE: "Notes",
}
KINDS = {module: kind for kind, module in MODULES.items()}
LONGEST_BODY = 20_000
"""Characters: the column holds 65,535 bytes."""

_COMMON = ("name", "description", "date_entered", "created_by_name", "assigned_user_id", "parent_type", "parent_id")
_EVENT = ("status", "date_start", "date_end")
FIELDS: dict[str, tuple[str, ...]] = {
    "Calls": (*_COMMON, *_EVENT, "direction"),
    "Meetings": (*_COMMON, *_EVENT),
    "Tasks": (*_COMMON, "status", "date_start", "date_due", "contact_id"),
    "Notes": (*_COMMON, "filename", "contact_id"),
}
_EMAIL = ("type", "status", "message_id", "from_addr_name", "to_addrs_names", "cc_addrs_names")
NEWEST = {"Calls": "date_start", "Meetings": "date_start", "Tasks": "date_entered", "Notes": "date_entered"}
_MAIL_TYPES = {"in": ("inbound", "read"), "out": ("out", "sent"), "": ("archived", "archived")}
_DIRECTIONS = {"inbound": "in", "out": "out", "Inbound": "in", "Outbound": "out"}
_DONE = {True: "Held", False: "Planned"}
_TASK_DONE = {True: "Completed", False: "Not Started"}
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def status_of(module: str, *, done: bool) -> str:
    """The status that says that an activity is done, or that it is to come; "" for a module that has none."""
    if module == "Tasks":
        return _TASK_DONE[done]
    return _DONE[done] if module in ("Calls", "Meetings") else ""


def mail_fields(date_field: str) -> tuple[str, ...]:
    """`date_field` is where this version keeps the time of an e-mail."""
    return (*_COMMON, *_EMAIL, date_field)


def values_of(activity: Activity, subject_length: int | None, date_field: str) -> dict[str, str | int | float]:
    """What is sent, but for the records that it is about."""
    subject, body = " ".join(to_server(activity.subject).split()), to_server(activity.body)
    if subject_length is not None and len(subject) > subject_length:
        body = f"{subject}\n\n{body}"
        subject = f"{subject[: subject_length - 1]}…"
    values: dict[str, str | int | float] = {"name": subject or "(no subject)", "description": body[:LONGEST_BODY]}
    if activity.owner:
        values["assigned_user_id"] = activity.owner
    return {**values, **_special(activity, date_field)}


def _special(activity: Activity, date_field: str) -> Values:
    if activity.kind is ActivityKind.EMAIL:
        return _mail(activity, date_field)
    if activity.kind is ActivityKind.NOTE:
        return {"date_entered": sql_time(activity.at)}
    module = MODULES[activity.kind]
    values: dict[str, str | int | float] = {
        "date_start": sql_time(activity.at),
        "status": status_of(module, done=activity.done),
    }
    if activity.kind is ActivityKind.TASK:
        due = {"date_due": sql_time(activity.due_at)} if activity.due_at is not None else {}
        return {**values, **due, "priority": "Medium"}
    ends_at = max(activity.ends_at or activity.at, activity.at)
    minutes = int((ends_at - activity.at).total_seconds()) // 60
    values |= {"date_end": sql_time(ends_at), "duration_hours": minutes // 60, "duration_minutes": minutes % 60}
    if activity.kind is ActivityKind.CALL:
        values["direction"] = "Inbound" if activity.direction == "in" else "Outbound"
    return values


def _mail(activity: Activity, date_field: str) -> Values:
    kind, status = _MAIL_TYPES.get(activity.direction, _MAIL_TYPES[""])
    addresses = {
        "from_addr": activity.sender,
        "to_addrs": ", ".join(activity.recipients),
        "cc_addrs": ", ".join(activity.copies),
        "message_id": bare_message_id(activity.message_id),
    }
    given = {name: to_server(text) for name, text in addresses.items() if text}
    return {"type": kind, "status": status, date_field: sql_time(activity.at), **given}


def activity_of(module: str, row: Row, about: tuple[Ref, ...], date_field: str) -> Activity:
    """A row as an activity. A Message-ID gets its brackets back."""
    values = row.values
    message_id = values.get("message_id", "").strip()
    return Activity(
        KINDS[module],
        values.get("name", ""),
        _at(module, row, date_field),
        about,
        body=values.get("description", ""),
        author=values.get("created_by_name", ""),
        due_at=time_of(values.get("date_due")),
        done=values.get("status") in ("Held", "Completed"),
        message_id=f"<{message_id}>" if message_id else "",
        direction=_DIRECTIONS.get(values.get("type" if module == "Emails" else "direction", ""), ""),
        id=f"{module}/{row.id}",
        sender=values.get("from_addr_name", ""),
        recipients=_addresses(values.get("to_addrs_names", "")),
        copies=_addresses(values.get("cc_addrs_names", "")),
        ends_at=time_of(values.get("date_end")),
        owner=values.get("assigned_user_id", ""),
    )


def _at(module: str, row: Row, date_field: str) -> datetime:
    named = date_field if module == "Emails" else "date_start"
    return time_of(row.values.get(named)) or time_of(row.values.get("date_entered")) or _EARLIEST


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace(";", ",").split(",") if part.strip())

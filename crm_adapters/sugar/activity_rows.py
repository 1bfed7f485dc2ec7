"""An activity as a record of Sugar's: e-mails, calls, meetings, tasks and notes are modules of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from crm_adapters.spelling import time_of
from crm_adapters.sugar.values import Row
from crm_adapters.sugar_family import KINDS
from crm_model.records import Activity, ActivityKind, RecordKind, Ref

MODULES = {
    ActivityKind.EMAIL: "Emails",
    ActivityKind.CALL: "Calls",
    ActivityKind.MEETING: "Meetings",
    ActivityKind.TASK: "Tasks",
    ActivityKind.NOTE: "Notes",
}
ACTIVITIES = {module: kind for kind, module in MODULES.items()}
LONGEST_BODY = 20_000
_LONGEST_SUBJECT = 255
_COMMON = "id,name,description,date_entered,created_by_name,assigned_user_id,parent_type,parent_id,deleted"
FIELDS = {
    "Emails": f"{_COMMON},date_sent,message_id,type,direction,from_addr_name,to_addrs_names,cc_addrs_names",
    "Calls": f"{_COMMON},status,date_start,date_end,direction",
    "Meetings": f"{_COMMON},status,date_start,date_end",
    "Tasks": f"{_COMMON},status,date_start,date_due,contact_id",
    "Notes": f"{_COMMON},filename,file_size,contact_id",
}
_TIMES = {"Emails": "date_sent", "Calls": "date_start", "Meetings": "date_start", "Tasks": "date_start"}
_MAIL_TYPES = {"in": "inbound", "out": "out", "": "archived"}
_DIRECTIONS = {"inbound": "in", "out": "out", "outbound": "out"}
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def status_of(module: str, *, done: bool) -> str:
    """The status that says that an activity is done, or that it is to come; "" for a module that has none."""
    if module == "Tasks":
        return "Completed" if done else "Not Started"
    if module in ("Calls", "Meetings"):
        return "Held" if done else "Planned"
    return ""


def values_of(activity: Activity) -> dict[str, object]:
    """What is sent, but for records and participants."""
    body = activity.body[:LONGEST_BODY]
    values: dict[str, object] = {"name": activity.subject[:_LONGEST_SUBJECT] or "(no subject)", "description": body}
    if activity.owner:
        values["assigned_user_id"] = activity.owner
    if activity.kind is ActivityKind.EMAIL:
        return values | {
            "state": "Archived",
            "type": _MAIL_TYPES.get(activity.direction, "archived"),
            "date_sent": _stamp(activity.at),
            "message_id": activity.message_id,
            "description_html": escape(body, quote=False).replace("\n", "<br>"),
        }
    if activity.kind is ActivityKind.NOTE:
        return values
    values |= {"date_start": _stamp(activity.at), "status": status_of(MODULES[activity.kind], done=activity.done)}
    if activity.kind is ActivityKind.TASK:
        return values | ({"date_due": _stamp(activity.due_at)} if activity.due_at is not None else {})
    ends_at = max(activity.ends_at or activity.at, activity.at)
    minutes = int((ends_at - activity.at).total_seconds()) // 60
    values |= {"date_end": _stamp(ends_at), "duration_hours": minutes // 60, "duration_minutes": minutes % 60}
    if activity.kind is ActivityKind.CALL:
        values["direction"] = "Inbound" if activity.direction == "in" else "Outbound"
    return values


def activity_of(module: str, row: Row, asked: Ref) -> Activity:
    """A row as an activity."""
    named = _TIMES.get(module, "date_entered")
    direction = str(row.get("direction") or row.get("type") or "").lower()
    return Activity(
        ACTIVITIES[module],
        _text(row, "name"),
        time_of(row.get(named)) or time_of(row.get("date_entered")) or _EARLIEST,
        _about(row, asked),
        body=_text(row, "description"),
        author=_text(row, "created_by_name"),
        due_at=time_of(row.get("date_due")),
        done=row.get("status") in ("Held", "Completed"),
        message_id=_text(row, "message_id"),
        direction=_DIRECTIONS.get(direction, ""),
        id=f"{module}/{row['id']}",
        sender=_text(row, "from_addr_name"),
        recipients=_addresses(_text(row, "to_addrs_names")),
        copies=_addresses(_text(row, "cc_addrs_names")),
        ends_at=time_of(row.get("date_end")),
        owner=_text(row, "assigned_user_id"),
    )


def _about(row: Row, asked: Ref) -> tuple[Ref, ...]:
    parent_kind, parent_id, contact_id = (
        KINDS.get(_text(row, "parent_type")),
        _text(row, "parent_id"),
        _text(row, "contact_id"),
    )
    people = ((RecordKind.CONTACT, contact_id),) if contact_id else ()
    parent = ((parent_kind, parent_id),) if parent_kind is not None and parent_id else ()
    return tuple(dict.fromkeys((asked, *people, *parent)))


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace(";", ",").split(",") if part.strip())


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")

"""What happened with a record in Salesforce: tasks for everything but meetings, which are events.

A task has a day, no hour, and no Message-ID. So the last line of its description says what it is:

    [hitchpost email in 2026-11-22T09:00:00Z <message-id>]
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from crm_adapters.salesforce.api import ID, Api, Row, as_row, quoted
from crm_adapters.salesforce.fields import CONTACT, LEAD
from crm_adapters.salesforce.records import Records
from crm_adapters.spelling import iso_time, time_of
from crm_model.errors import NotFound, Rejected
from crm_model.field_values import clean_text
from crm_model.records import Activity, ActivityKind, Ref

EMAIL, CALL, MEETING, TASK, NOTE = (
    ActivityKind.EMAIL,
    ActivityKind.CALL,
    ActivityKind.MEETING,
    ActivityKind.TASK,
    ActivityKind.NOTE,
)
LONGEST_BODY = 31_000
_LONGEST_SUBJECT = 255
_MARK = re.compile(r"\n?\[hitchpost (\w+) (in|out|-) (\S+) ?(<[^<>\]\s]*>)?\]\s*$")
_TASKS = "Id, Subject, Description, Status, ActivityDate, CreatedDate, TaskSubtype, WhoId, WhatId"
_EVENTS = "Id, Subject, Description, StartDateTime, EndDateTime, CreatedDate, WhoId, WhatId"
_SUBTYPES = {EMAIL: "Email", CALL: "Call"}
_DONE, _OPEN = "Completed", "Not Started"
_SHORTEST = timedelta(minutes=5)
_KINDS = {"00Q": LEAD, "003": CONTACT}


class Activities:
    """Calls for activities of all kinds."""

    def __init__(self, api: Api, records: Records) -> None:
        self._api, self._records = api, records

    def log(self, activity: Activity) -> str:
        """Its id, the old one for what is logged already. Errors: NotFound, Rejected."""
        if not activity.about:
            raise Rejected("An activity needs a record that it is about.")
        for kind, record_id in activity.about:
            self._records.row(kind, record_id)
        body = {**_body(activity), **_links(activity)}
        name = "Event" if activity.kind is MEETING else "Task"
        for row in self._listed(name, activity.about[0][1], f"Subject = {quoted(str(body['Subject']))} AND "):
            if _same(activity, row, body):
                return str(row.get("Id"))
        made = as_row(self._api.call("POST", f"sobjects/{name}", body=body).json())
        return str(made.get("id", ""))

    def set_done(self, activity_id: str, *, done: bool) -> None:
        """Errors: NotFound."""
        if not _is_task(activity_id) or not self._api.query(f"SELECT Id FROM Task WHERE Id = {quoted(activity_id)}"):
            raise NotFound("There is no such task in Salesforce (any more).")
        self._api.call("PATCH", f"sobjects/Task/{activity_id}", body={"Status": _DONE if done else _OPEN})

    def delete(self, activity_id: str) -> None:
        if not ID.fullmatch(activity_id):
            return
        try:
            self._api.call("DELETE", f"sobjects/{'Task' if _is_task(activity_id) else 'Event'}/{activity_id}")
        except NotFound:
            return

    def of_record(self, about: Ref, limit: int) -> tuple[Activity, ...]:
        """Newest first. Errors: NotFound."""
        self._records.row(*about)
        found = [_task(row, about) for row in self._listed("Task", about[1], "")]
        found += [_event(row, about) for row in self._listed("Event", about[1], "")]
        return tuple(sorted(found, key=lambda each: each.at, reverse=True)[:limit])

    def _listed(self, name: str, record_id: str, condition: str) -> list[Row]:
        fields = _TASKS if name == "Task" else _EVENTS
        link = "WhoId" if record_id[:3] in _KINDS else "WhatId"
        order = "ORDER BY CreatedDate DESC LIMIT 200"
        return self._api.query(f"SELECT {fields} FROM {name} WHERE {condition}{link} = {quoted(record_id)} {order}")


def _body(activity: Activity) -> dict[str, object]:
    words = (activity.kind.value, activity.direction or "-", iso_time(activity.at))
    message_id = re.sub(r"[\[\]\s]", "", clean_text(activity.message_id))
    mark = f"[hitchpost {' '.join(words)}{' ' + message_id if message_id else ''}]"
    text = clean_text(activity.body)[:LONGEST_BODY]
    body: dict[str, object] = {
        "Subject": clean_text(activity.subject)[:_LONGEST_SUBJECT] or "(no subject)",
        "Description": f"{text}\n{mark}",
    }
    if activity.owner:
        body["OwnerId"] = activity.owner
    if activity.kind is MEETING:
        ends_at = max(activity.ends_at or activity.at, activity.at + _SHORTEST)
        return {**body, "StartDateTime": iso_time(activity.at), "EndDateTime": iso_time(ends_at)}
    day = activity.due_at or activity.at
    done = activity.done or activity.kind in (EMAIL, NOTE)
    subtype = {"TaskSubtype": _SUBTYPES[activity.kind]} if activity.kind in _SUBTYPES else {}
    has_day = activity.kind is not TASK or activity.due_at is not None
    return {
        **body,
        **subtype,
        "Status": _DONE if done else _OPEN,
        "ActivityDate": day.astimezone(UTC).date().isoformat() if has_day else None,
    }


def _links(activity: Activity) -> dict[str, object]:
    """One person and one thing; nothing beside a lead."""
    who = next((record_id for kind, record_id in activity.about if kind in (LEAD, CONTACT)), None)
    is_lead = any(kind is LEAD for kind, _ in activity.about)
    what = next((record_id for kind, record_id in activity.about if kind not in (LEAD, CONTACT)), None)
    links = {"WhoId": who, "WhatId": None if is_lead else what}
    return {name: value for name, value in links.items() if value}


def _same(activity: Activity, row: Row, body: dict[str, object]) -> bool:
    """An e-mail is known by its Message-ID, the others by what they say and when."""
    if activity.kind is EMAIL and activity.message_id:
        return bool(_parse(row)[3] == activity.message_id)
    return row.get("Description") == body["Description"]


def _parse(row: Row) -> tuple[str, str, datetime | None, str, str]:
    """Kind, direction, time and Message-ID of the mark, and the text before it."""
    text = str(row.get("Description") or "")
    found = _MARK.search(text)
    if found is None:
        return "", "", None, "", text
    direction = "" if found[2] == "-" else found[2]
    return found[1], direction, time_of(found[3]), found[4] or "", text[: found.start()]


def _task(row: Row, asked: Ref) -> Activity:
    word, direction, at, message_id, text = _parse(row)
    subtype = str(row.get("TaskSubtype") or "")
    kind = ActivityKind(word) if word in set(ActivityKind) else _kind_of(subtype)
    day = time_of(row.get("ActivityDate"))
    return Activity(
        kind=kind,
        subject=str(row.get("Subject") or ""),
        at=at or day or time_of(row.get("CreatedDate")) or datetime.now(UTC),
        about=(asked,),
        body=text,
        due_at=day if kind is TASK else None,
        done=row.get("Status") == _DONE,
        message_id=message_id,
        direction=direction,
        id=str(row.get("Id")),
    )


def _event(row: Row, asked: Ref) -> Activity:
    text = _parse(row)[4]
    at = time_of(row.get("StartDateTime")) or datetime.now(UTC)
    ends_at = time_of(row.get("EndDateTime"))
    done = ends_at is not None and ends_at < datetime.now(UTC)
    subject = str(row.get("Subject") or "")
    return Activity(MEETING, subject, at, (asked,), body=text, done=done, ends_at=ends_at, id=str(row.get("Id")))


def _kind_of(subtype: str) -> ActivityKind:
    return next((kind for kind, name in _SUBTYPES.items() if name == subtype), TASK)


def _is_task(activity_id: str) -> bool:
    return bool(ID.fullmatch(activity_id)) and activity_id.startswith("00T")

"""Activities: e-mails, calls, meetings, tasks and notes are objects of their own, made together with their links.

HubSpot has no place for a Message-ID that can be written for sure, so it stands at the end of the text, too. What was
logged already is looked for among the activities of the first record, whose links HubSpot tells without delay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from crm_adapters.hubspot import fields as names
from crm_adapters.hubspot import links
from crm_adapters.hubspot.activity_texts import body_of, properties_for, read_activity
from crm_adapters.hubspot.api import Row, portions, rows_of
from crm_adapters.hubspot.faults import Refused
from crm_adapters.hubspot.records import Records, is_id
from crm_adapters.hubspot.writing import key_text
from crm_model.errors import NotFound, Rejected
from crm_model.records import Activity, ActivityKind, RecordKind, Ref

TYPES = {
    ActivityKind.EMAIL: "emails",
    ActivityKind.CALL: "calls",
    ActivityKind.MEETING: "meetings",
    ActivityKind.TASK: "tasks",
    ActivityKind.NOTE: "notes",
}
_ASKED = {
    ActivityKind.EMAIL: ("hs_email_subject", "hs_email_text", "hs_email_html", "hs_email_direction", "hs_email_headers",
                         "hs_email_from_email", "hs_email_to_email", "hs_email_cc_email", "hs_email_message_id"),
    ActivityKind.CALL: ("hs_call_title", "hs_call_body", "hs_call_direction", "hs_call_duration", "hs_call_status"),
    ActivityKind.MEETING: ("hs_meeting_title", "hs_meeting_body", "hs_meeting_start_time", "hs_meeting_end_time",
                           "hs_meeting_outcome"),
    ActivityKind.TASK: ("hs_task_subject", "hs_task_body", "hs_task_status", "hs_createdate"),
    ActivityKind.NOTE: ("hs_note_body",),
}  # fmt: skip
_DONE = {
    ActivityKind.TASK: ("hs_task_status", "COMPLETED", "NOT_STARTED"),
    ActivityKind.CALL: ("hs_call_status", "COMPLETED", "QUEUED"),
    ActivityKind.MEETING: ("hs_meeting_outcome", "COMPLETED", "SCHEDULED"),
}


def log(records: Records, activity: Activity, key: str) -> str:
    """Log it on all its records at once; its id. Errors: NotFound, Rejected."""
    if not activity.about:
        raise Rejected("An activity needs a record that it is about.")
    about = list(dict.fromkeys(activity.about))
    for kind, record_id in about:
        records.find(kind, record_id)
    held = _logged(records, activity, about[0], key)
    if held is not None:
        for kind, record_id in about:
            if (kind, record_id) not in held.about:
                links.link(records.api, TYPES[activity.kind], _parts(held.id)[1], names.TYPES[kind], record_id)
        return held.id
    properties = properties_for(activity)
    if records.key_property:
        properties[records.key_property] = key_text(key)
    targets = [(names.TYPES[kind], record_id) for kind, record_id in about]
    associations = links.on_creation(records.api, TYPES[activity.kind], targets)
    path = records.api.objects(TYPES[activity.kind])
    try:
        made = records.api.post(path, {"properties": properties, "associations": associations})
    except Refused as error:
        raise Rejected(str(error)) from error
    return f"{activity.kind}:{made.get('id', '')}"


def set_done(records: Records, activity_id: str, done: bool) -> None:
    """Errors: NotFound."""
    kind, object_id = _parts(activity_id)
    if kind not in _DONE:
        raise NotFound(f"There is no task {activity_id[:40]!r} in HubSpot.")
    name, finished, still_open = _DONE[kind]
    path = records.api.objects(TYPES[kind], object_id)
    records.api.patch(path, {"properties": {name: finished if done else still_open}})


def delete(records: Records, activity_id: str) -> None:
    """Gone already is no error."""
    try:
        kind, object_id = _parts(activity_id)
        records.api.remove(records.api.objects(TYPES[kind], object_id))
    except NotFound:
        return


def activities_of(records: Records, kind: RecordKind, record_id: str, limit: int) -> tuple[Activity, ...]:
    """Newest first."""
    found = [activity for each in ActivityKind for activity in _of_kind(records, each, (kind, record_id))]
    newest_first = sorted(found, key=lambda activity: (activity.at, activity.id), reverse=True)
    return tuple(newest_first[:limit])


def _of_kind(records: Records, kind: ActivityKind, about: Ref) -> Iterator[Activity]:
    linked = links.linked(records.api, names.TYPES[about[0]], about[1], TYPES[kind])
    properties = ["hs_timestamp", "hubspot_owner_id", *_ASKED[kind]]
    for part in portions(linked):
        body = {"properties": properties, "inputs": [{"id": object_id} for object_id in part]}
        path = records.api.objects(TYPES[kind], "batch/read")
        rows = rows_of(records.api.post(path, body, writes=False))
        yield from _with_links(records, kind, rows, about)


def _with_links(records: Records, kind: ActivityKind, rows: list[Row], about: Ref) -> Iterator[Activity]:
    """The record that was asked about, and the deals and companies that an activity names besides."""
    ids = [str(row.get("id", "")) for row in rows]
    others: list[tuple[RecordKind, Mapping[str, list[str]]]] = [
        (target, links.linked_of_many(records.api, TYPES[kind], ids, names.TYPES[target]))
        for target in (RecordKind.ACCOUNT, RecordKind.OPPORTUNITY)
        if ids
    ]
    for row in rows:
        object_id = str(row.get("id", ""))
        also = [(target, each) for target, held in others for each in held.get(object_id, ())]
        refs = tuple(dict.fromkeys([about, *also]))
        yield read_activity(kind, row, refs, people=records.api.findings.people, activity_id=f"{kind}:{object_id}")


def _logged(records: Records, activity: Activity, about: Ref, key: str) -> Activity | None:
    """The same activity, if it is there: by key, by Message-ID, else by all that it says."""
    if records.key_property:
        inputs = {"inputs": [{"id": key_text(key)}], "idProperty": records.key_property, "properties": ["hs_timestamp"]}
        path = records.api.objects(TYPES[activity.kind], "batch/read")
        for row in rows_of(records.api.post(path, inputs, writes=False)):
            return read_activity(activity.kind, row, (), people={}, activity_id=f"{activity.kind}:{row.get('id', '')}")
    is_same = _by_message_id(activity) if activity.message_id else _by_content(activity)
    if records.key_property and not activity.message_id:
        return None
    return next((held for held in _of_kind(records, activity.kind, about) if is_same(held)), None)


def _by_message_id(activity: Activity) -> Callable[[Activity], bool]:
    return lambda held: held.message_id == activity.message_id


def _by_content(activity: Activity) -> Callable[[Activity], bool]:
    def is_same(held: Activity) -> bool:
        at, wanted = (held.due_at or held.at), (activity.due_at or activity.at)
        same_time = abs((at - wanted).total_seconds()) < 1
        return same_time and (held.subject, held.body) == (activity.subject.strip(), body_of(activity).strip("\n"))

    return is_same


def _parts(activity_id: str) -> tuple[ActivityKind, str]:
    kind, _, object_id = activity_id.partition(":")
    if kind not in tuple(ActivityKind) or not is_id(object_id):
        raise NotFound(f"There is no activity {activity_id[:40]!r} in HubSpot.")
    return ActivityKind(kind), object_id

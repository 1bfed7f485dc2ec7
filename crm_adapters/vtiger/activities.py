"""Activities: e-mails in Emails, calls and meetings in Events, tasks in Calendar, notes in ModComments.

An e-mail has one parent, which can't be an opportunity; an event or task has one parent and one contact. What is about
more records than that becomes a comment on each of the others. Each entry carries a mark of its own. Where the
user's profile lets him store no e-mails (`describe` says that he may), a comment has to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crm_adapters.spelling import sql_time
from crm_adapters.vtiger import mail_text, marks
from crm_adapters.vtiger.activity_rows import CALENDAR, COMMENTS, EMAILS, EVENTS, is_done, status_for
from crm_adapters.vtiger.faults import Refused
from crm_adapters.vtiger.modules import Module
from crm_adapters.vtiger.records import Records, missing
from crm_model.errors import NotFound, Rejected
from crm_model.records import Activity, ActivityKind, RecordKind, Ref

_MODULES = {
    ActivityKind.EMAIL: EMAILS,
    ActivityKind.CALL: EVENTS,
    ActivityKind.MEETING: EVENTS,
    ActivityKind.TASK: CALENDAR,
    ActivityKind.NOTE: COMMENTS,
}
_ALL = (EMAILS, EVENTS, CALENDAR, COMMENTS)
_EVENT_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One row that an activity becomes: where, on which record, and what else it names."""

    module: str
    record_id: str
    links: Mapping[str, str]


def log(records: Records, activity: Activity, key: str) -> str:
    """Log it on each of its records, what is there already left alone; the id of the first entry.

    Errors: NotFound, Rejected.
    """
    if not activity.about:
        raise Rejected("An activity needs a record that it is about.")
    for kind, record_id in activity.about:
        if not records.module_of(kind).holds(record_id) or records.retrieved(record_id) is None:
            raise missing(kind, record_id)
    is_mail = activity.kind is ActivityKind.EMAIL and activity.message_id
    content = f"mail {activity.message_id}" if is_mail else key
    try:
        ids = [_log_entry(records, activity, entry, content, key) for entry in _entries(activity)]
    except Refused as error:
        raise Rejected(str(error)) from error
    return ids[0]


def set_done(records: Records, activity_id: str, done: bool) -> None:
    """Errors: NotFound, Rejected."""
    for name, column in ((CALENDAR, "taskstatus"), (EVENTS, "eventstatus")):
        module = records.module(name)
        if (row := records.row(module, activity_id)) is not None:
            if is_done(module, row) is not done:
                records.revise(activity_id, {column: status_for(module, done=done)})
            return
    raise NotFound(f"There is no task {activity_id[:40]!r} in vtiger (any more).")


def delete(records: Records, activity_id: str) -> None:
    """Take back all entries of the activity; gone already is no error."""
    for module in _usable(records):
        row = records.row(module, activity_id)
        if row is None:
            continue
        family = marks.family_of(str(row.get(records.key_field, "")).upper())
        if family is not None:
            for other in _family(records, *family):
                if other != activity_id:
                    records.delete(other)
        records.delete(activity_id)
        return


def _entries(activity: Activity) -> Iterator[_Entry]:
    first, *rest = _in_order(activity)
    if activity.kind is ActivityKind.NOTE:
        yield _Entry(COMMENTS, first[1], {"related_to": first[1]})
    elif activity.kind is ActivityKind.EMAIL:
        if first[0] is RecordKind.OPPORTUNITY:
            yield _Entry(COMMENTS, first[1], {"related_to": first[1]})
        else:
            yield _Entry(EMAILS, first[1], {"parent_id": first[1]})
    else:
        column, other_column = _columns(first[0])
        links = {column: first[1]}
        for ref in rest:
            if _columns(ref[0])[0] == other_column:
                links[other_column] = ref[1]
                rest.remove(ref)
                break
        yield _Entry(_MODULES[activity.kind], first[1], links)
    for _, record_id in rest:
        yield _Entry(COMMENTS, record_id, {"related_to": record_id})


def _in_order(activity: Activity) -> list[Ref]:
    """The records it is about, those first that an e-mail can hang on."""
    about = list(dict.fromkeys(activity.about))
    order = (RecordKind.CONTACT, RecordKind.LEAD, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY)
    return sorted(about, key=lambda ref: order.index(ref[0])) if activity.kind is ActivityKind.EMAIL else about


def _columns(kind: RecordKind) -> tuple[str, str]:
    """The column of an event that takes such a record, and the one that stays for another."""
    return ("contact_id", "parent_id") if kind is RecordKind.CONTACT else ("parent_id", "contact_id")


def _log_entry(records: Records, activity: Activity, entry: _Entry, content: str, key: str) -> str:
    closed = records.service.session.findings.closed
    if entry.module not in closed:
        try:
            return _make_entry(records, activity, entry, content, key)
        except Refused as error:
            if error.code != "ACCESS_DENIED" or entry.module == COMMENTS:
                raise
            closed.add(entry.module)
    instead = _Entry(COMMENTS, entry.record_id, {"related_to": entry.record_id})
    return _make_entry(records, activity, instead, content, key)


def _make_entry(records: Records, activity: Activity, entry: _Entry, content: str, key: str) -> str:
    module = records.module(entry.module)
    held = records.marked(module, marks.entries_on(content, entry.record_id), begins=True, columns="id")
    if held:
        return str(held[0]["id"])
    mark = marks.for_entry(content, entry.record_id, key)
    element = {**_element(records, module, activity), **entry.links}
    return records.make(module, {name: value for name, value in element.items() if name in module.fields}, mark)


def _element(records: Records, module: Module, activity: Activity) -> dict[str, str]:
    owner = activity.owner or records.service.session.user_id
    if module.name == COMMENTS:
        text = mail_text.comment_text(activity, with_head=activity.kind is not ActivityKind.NOTE)
        return {"commentcontent": text, "assigned_user_id": owner}
    day, clock = sql_time(activity.at).split(" ")
    common = {
        "subject": mail_text.one_line(activity.subject),
        "assigned_user_id": owner,
        "date_start": day,
        "time_start": clock,
    }
    if module.name == EMAILS:
        return {**common, **_mail(records, activity)}
    if module.name == CALENDAR:
        return {**common, **_task(module, activity)}
    return {**common, **_event(module, activity)}


def _mail(records: Records, activity: Activity) -> dict[str, str]:
    """An e-mail that is stored, not sent: SENT marks one of ours, MAILSCANNER one that came in."""
    me = records.service.session.email or "unknown@invalid"
    incoming = activity.direction == "in"
    # Recipients are one text with commas; a JSON list would be cut at its commas.
    return {
        "description": mail_text.mail_html(activity),
        "from_email": (activity.sender or (me if not incoming else "unknown@invalid"))[:50],
        "saved_toid": ",".join(activity.recipients) or me,
        "ccmail": ",".join(activity.copies),
        "activitytype": "Emails",
        "email_flag": "MAILSCANNER" if incoming else "SENT",
    }


def _task(module: Module, activity: Activity) -> dict[str, str]:
    """A task starts when it is due, as there is no time of day for that; without its type nobody finds it again."""
    day, clock = sql_time(activity.due_at or activity.at).split(" ")
    return {
        "description": mail_text.shortened(activity.body),
        "date_start": day,
        "time_start": clock,
        "due_date": day,
        "taskstatus": status_for(module, done=activity.done),
        "activitytype": "Task",
    }


def _event(module: Module, activity: Activity) -> dict[str, str]:
    """Times are UTC for every user, whatever his zone."""
    ends_at = max(activity.ends_at or activity.at + _EVENT_LASTS, activity.at)
    minutes = int((ends_at - activity.at).total_seconds()) // 60
    day, clock = sql_time(ends_at).split(" ")
    return {
        "description": mail_text.shortened(activity.body),
        "due_date": day,
        "time_end": clock,
        "duration_hours": str(minutes // 60),
        "duration_minutes": str(minutes % 60),
        "eventstatus": status_for(module, done=activity.done),
        "activitytype": "Call" if activity.kind is ActivityKind.CALL else "Meeting",
    }


def _family(records: Records, begins: str, ends: str) -> list[str]:
    """The other rows of the same logged activity."""
    found: list[str] = []
    for module in _usable(records):
        rows = records.marked(module, begins, begins=True, columns=f"id, {records.key_field}")
        found += [str(row["id"]) for row in rows if str(row.get(records.key_field, "")).upper().endswith(ends)]
    return found


def _usable(records: Records, names: Sequence[str] = _ALL) -> list[Module]:
    return [records.module(name) for name in names]

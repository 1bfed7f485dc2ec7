"""Rows of Emails, Events, Calendar and ModComments, read as activities of a record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from crm_adapters.vtiger import mail_text, marks, vtql
from crm_adapters.vtiger.faults import Refused, ServerFailed
from crm_adapters.vtiger.fields import KINDS
from crm_adapters.vtiger.modules import Module
from crm_adapters.vtiger.records import Records, Row
from crm_adapters.vtiger.values import at_server
from crm_model.errors import NotSupported
from crm_model.records import Activity, ActivityKind, RecordKind, Ref

EMAILS, EVENTS, CALENDAR, COMMENTS = "Emails", "Events", "Calendar", "ModComments"
_DONE = {CALENDAR: ("taskstatus", ("Completed",)), EVENTS: ("eventstatus", ("Held",))}
_OPEN = {CALENDAR: "Not Started", EVENTS: "Planned"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def activities_of(records: Records, kind: RecordKind, record_id: str, limit: int) -> tuple[Activity, ...]:
    """Newest first."""
    size = min(limit, vtql.MOST_ROWS)
    found = [*_comments(records, record_id, size), *_mails(records, kind, record_id, size)]
    for name in (EVENTS, CALENDAR):
        found += _events(records, name, kind, record_id, size)
    newest_first = sorted(found, key=lambda activity: (activity.at, _number(activity.id)), reverse=True)
    return tuple(newest_first[:limit])


def is_done(module: Module, row: Row) -> bool:
    column, done = _DONE[module.name]
    return str(row.get(column, "")) in done


def status_for(module: Module, *, done: bool) -> str:
    """A status of the picklist, which an administrator may have changed."""
    column, finished = _DONE[module.name]
    field = module.fields.get(column)
    offered = [value for value, _ in field.options] if field is not None else []
    wanted = finished[0] if done else _OPEN[module.name]
    if wanted in offered or not offered:
        return wanted
    return offered[-1] if done else offered[0]


def _comments(records: Records, record_id: str, size: int) -> Iterator[Activity]:
    query = vtql.select(COMMENTS, vtql.equals("related_to", record_id), order="id desc", limit=size)
    for row in _rows(records, COMMENTS, query):
        ours = marks.is_ours(str(row.get(records.key_field, "")).upper())
        read = mail_text.read_comment(str(row.get("commentcontent") or ""), ours=ours)
        foot = read.foot or {}
        yield Activity(
            read.kind,
            read.subject,
            read.at or at_server(str(row.get("createdtime", "")), records.zone) or _EPOCH,
            _about(records, row, "related_to"),
            body=read.body,
            author=_person(records, str(row.get("creator") or row.get("assigned_user_id") or "")),
            message_id=foot.get("message_id", ""),
            in_reply_to=foot.get("in_reply_to", ""),
            sender=foot.get("sender", ""),
            direction=read.direction,
            done=read.kind in (ActivityKind.CALL, ActivityKind.MEETING),
            id=str(row.get("id", "")),
            owner=str(row.get("assigned_user_id") or ""),
        )


def _mails(records: Records, kind: RecordKind, record_id: str, size: int) -> Iterator[Activity]:
    if kind is RecordKind.OPPORTUNITY:
        return  # no e-mail hangs on one: `add_related` says that it does, and it does not
    # The server writes the ids of the relation behind the first upper-case WHERE, and the final semicolon itself.
    query = vtql.select(EMAILS, f"id > {vtql.literal(f'{_prefix(records, EMAILS)}x0')}", order="id desc", limit=size)
    text = query.replace(" where ", " WHERE ", 1).replace(" from ", " FROM ", 1).rstrip(";")
    try:
        found = records.service.read("query_related", id=record_id, relatedLabel=EMAILS, query=text)
    except (Refused, ServerFailed):
        # The same without an order, and the oldest hundred only.
        found = records.service.read("retrieve_related", id=record_id, relatedType=EMAILS, relatedLabel=EMAILS)
    for row in found if isinstance(found, list) else ():
        if isinstance(row, dict):
            yield _mail(records, row)


def _mail(records: Records, row: Row) -> Activity:
    body, foot = mail_text.read_mail(str(row.get("description") or ""))
    flag = str(row.get("email_flag") or "")
    return Activity(
        ActivityKind.EMAIL,
        str(row.get("subject") or ""),
        _utc(row, "date_start", "time_start"),
        _about(records, row, "parent_id"),
        body=body,
        author=_person(records, str(row.get("assigned_user_id") or "")),
        message_id=foot.get("message_id", ""),
        in_reply_to=foot.get("in_reply_to", ""),
        direction={"MAILSCANNER": "in", "SENT": "out"}.get(flag, ""),
        sender=foot.get("sender") or str(row.get("from_email") or ""),
        recipients=mail_text.addresses(str(row.get("saved_toid") or "")),
        copies=mail_text.addresses(str(row.get("ccmail") or "")),
        id=str(row.get("id", "")),
        owner=str(row.get("assigned_user_id") or ""),
    )


def _events(records: Records, name: str, kind: RecordKind, record_id: str, size: int) -> Iterator[Activity]:
    column = "contact_id" if kind is RecordKind.CONTACT else "parent_id"
    query = vtql.select(name, vtql.equals(column, record_id), order="id desc", limit=size)
    for row in _rows(records, name, query):
        is_task = name == CALENDAR
        starts = _utc(row, "date_start", "time_start")
        yield Activity(
            ActivityKind.TASK if is_task else _event_kind(row),
            str(row.get("subject") or ""),
            (at_server(str(row.get("createdtime", "")), records.zone) or starts) if is_task else starts,
            (*_about(records, row, "contact_id"), *_about(records, row, "parent_id")),
            body=str(row.get("description") or "").replace("\r\n", "\n"),
            author=_person(records, str(row.get("assigned_user_id") or "")),
            due_at=_due(row, starts) if is_task else None,
            ends_at=None if is_task else _utc(row, "due_date", "time_end"),
            done=is_done(records.module(name), row),
            id=str(row.get("id", "")),
            owner=str(row.get("assigned_user_id") or ""),
        )


def _rows(records: Records, name: str, query: str) -> list[Row]:
    """None for a module that this user may not see."""
    try:
        records.module(name)
        return records.query(query)
    except (Refused, NotSupported):
        return []


def _event_kind(row: Row) -> ActivityKind:
    return ActivityKind.CALL if "call" in str(row.get("activitytype") or "").lower() else ActivityKind.MEETING


def _due(row: Row, starts: datetime) -> datetime:
    """A task is due on a day; its start holds the time if it starts on that day."""
    day = _utc(row, "due_date", "")
    return starts if starts - day < timedelta(days=1) and starts >= day else day


def _utc(row: Row, day: str, clock: str) -> datetime:
    text = f"{row.get(day) or ''} {row.get(clock) or '00:00:00'}" if clock else f"{row.get(day) or ''} 00:00:00"
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)
    except ValueError:
        return _EPOCH


def _about(records: Records, row: Row, column: str) -> tuple[Ref, ...]:
    record_id = str(row.get(column) or "")
    for name, kind in KINDS.items():
        if record_id and records.module(name).holds(record_id):
            return ((kind, record_id),)
    return ()


def _prefix(records: Records, name: str) -> str:
    return records.module(name).prefix


def _person(records: Records, user_id: str) -> str:
    session = records.service.session
    return session.findings.people.get(user_id) or (session.user if user_id == session.user_id else user_id)


def _number(record_id: str) -> int:
    number = record_id.partition("x")[2]
    return int(number) if number.isdecimal() else 0

"""What happened with a record in EspoCRM: e-mails, calls, meetings, tasks, and notes in its stream.

An e-mail of somebody else's making gets a made-up Message-ID here, and ours can't be set. Its field for the UID of a
calendar event is free and can be searched: the Message-ID goes there, with the direction before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crm_adapters.espocrm.api import LISTED_TEXT, Api, EspoRejected, Row, as_row, equals, one_of
from crm_adapters.espocrm.fields import CONTACT, ENTITIES, KINDS, LEAD
from crm_adapters.espocrm.server import Facts
from crm_adapters.spelling import sql_time, time_of
from crm_model.errors import NotFound, Rejected
from crm_model.field_values import clean_text
from crm_model.records import Activity, ActivityKind, RecordKind, Ref, emails_of

EMAIL, CALL, MEETING, TASK, NOTE = (
    ActivityKind.EMAIL,
    ActivityKind.CALL,
    ActivityKind.MEETING,
    ActivityKind.TASK,
    ActivityKind.NOTE,
)
_ENTITIES = {EMAIL: "Email", CALL: "Call", MEETING: "Meeting", TASK: "Task", NOTE: "Note"}
_KINDS = {entity: kind for kind, entity in _ENTITIES.items()}
_TIMES = {EMAIL: "dateSent", CALL: "dateStart", MEETING: "dateStart", TASK: "createdAt", NOTE: "createdAt"}
_DONE = {TASK: ("Completed", "Not Started"), CALL: ("Held", "Planned"), MEETING: ("Held", "Planned")}
_SELECT = {
    EMAIL: ("name", "body", "bodyPlain", "dateSent", "parentId", "parentType", "icsEventUid", "sentById"),
    CALL: ("name", "description", "dateStart", "dateEnd", "status", "direction", "parentId", "parentType"),
    MEETING: ("name", "description", "dateStart", "dateEnd", "status", "parentId", "parentType"),
    TASK: ("name", "description", "dateEnd", "status", "createdAt", "parentId", "parentType"),
}
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\]+")
_NOBODY = "unknown@invalid.example"
_SHORTEST = timedelta(minutes=5)
_LONGEST_NAME, _LONGEST_UID = 255, 240
_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Found:
    """An activity as a list shows it."""

    activity: Activity
    row: Row


class Activities:
    """Calls for activities of all kinds."""

    def __init__(self, api: Api, facts: Facts) -> None:
        self._api, self._facts = api, facts

    def log(self, activity: Activity) -> str:
        """Its id, the old one for what is logged already. Errors: NotFound, Rejected."""
        for kind, record_id in activity.about:
            self._api.row(ENTITIES[kind], record_id)
        parent = _parent(activity)
        body = {**self._body(activity), "parentType": ENTITIES[parent[0]], "parentId": parent[1]}
        if (held := self._logged(activity, body, parent)) is not None:
            return held
        entity = _ENTITIES[activity.kind]
        try:
            made = as_row(self._api.send("POST", entity, body))
        except EspoRejected as error:
            raise Rejected(f"EspoCRM refuses the {activity.kind}: {error}") from error
        return f"{entity}:{made.get('id', '')}"

    def set_done(self, activity_id: str, *, done: bool) -> None:
        """Errors: NotFound, Rejected for what is neither done nor open."""
        entity, record_id = _parts(activity_id)
        states = _DONE.get(_KINDS[entity])
        if states is None:
            raise Rejected(f"An {entity.lower()} is not done or open.")
        self._api.row(entity, record_id)
        self._api.send("PUT", f"{entity}/{record_id}", {"status": states[0] if done else states[1]})

    def delete(self, activity_id: str) -> None:
        try:
            entity, record_id = _parts(activity_id)
            self._api.row(entity, record_id)
            self._api.send("DELETE", f"{entity}/{record_id}")
        except NotFound:
            return

    def of_record(self, about: Ref, limit: int) -> tuple[Activity, ...]:
        """Newest first. Errors: NotFound."""
        row = self._api.row(ENTITIES[about[0]], about[1])
        found = {each.id: each for each in self._listed(about, row, limit)}
        return tuple(sorted(found.values(), key=lambda each: each.at, reverse=True)[:limit])

    def _listed(self, about: Ref, row: Row, limit: int) -> Iterator[Activity]:
        for kind in _SELECT:
            for each in self._rows(kind, f"{_ENTITIES[kind]}", _of_parent(about), limit):
                yield _activity(kind, each, about)
        if about[0] in (LEAD, CONTACT):
            for kind, link in ((CALL, "calls"), (MEETING, "meetings")):
                for each in self._rows(kind, f"{ENTITIES[about[0]]}/{about[1]}/{link}", [], limit):
                    yield _activity(kind, each, about)
            for email in emails_of({"email": str(row.get("emailAddress") or "")}):
                for each in self._rows(EMAIL, "Email", [equals("emailAddress", email)], limit):
                    yield _activity(EMAIL, each, about)
        for each in self._posts(about, limit):
            yield _note(each, about)

    def _rows(self, kind: ActivityKind, path: str, where: list[dict[str, object]], limit: int) -> list[Row]:
        """Nothing where this user may not look."""
        try:
            return self._api.rows(
                path, where, select=_SELECT[kind], order_by=_TIMES[kind], descending=True, size=min(limit, 200)
            )
        except Rejected:
            return []

    def _posts(self, about: Ref, limit: int) -> list[Row]:
        rows = self._api.rows(f"{ENTITIES[about[0]]}/{about[1]}/posts", size=min(limit, 200))
        return [row for row in rows if row.get("type", "Post") == "Post"]

    def _logged(self, activity: Activity, body: Mapping[str, object], parent: Ref) -> str | None:
        """EspoCRM keeps no key of ours: an e-mail is known by its Message-ID, the others by what they say."""
        if activity.kind is NOTE:
            rows = [row for row in self._posts(parent, _LOOKED_AT) if row.get("post") == body["post"]]
        elif activity.kind is EMAIL and activity.message_id:
            where = [one_of("icsEventUid", _uids(activity.message_id)), *_of_parent(parent)]
            rows = self._rows(EMAIL, "Email", where, 1)
        else:
            where = [equals("name", body["name"]), *_of_parent(parent)]
            same = ("description", "dateStart", "dateSent", "dateEnd")
            rows = [
                row
                for row in self._rows(activity.kind, _ENTITIES[activity.kind], where, _LOOKED_AT)
                if all(_listed(row.get(name)) == _listed(body[name]) for name in same if name in body)
            ]
        return f"{_ENTITIES[activity.kind]}:{rows[0].get('id', '')}" if rows else None

    def _body(self, activity: Activity) -> dict[str, object]:
        name, text = clean_text(activity.subject)[:_LONGEST_NAME] or "(no subject)", clean_text(activity.body)
        if activity.kind is NOTE:
            return {"type": "Post", "post": f"{name}\n\n{text}" if activity.subject else text}
        common: dict[str, object] = {"name": name, "assignedUserId": activity.owner or self._facts.user_id}
        if activity.kind is EMAIL:
            return {**common, **self._mail(activity, text)}
        common["description"] = text
        if activity.kind is TASK:
            due = sql_time(activity.due_at) if activity.due_at is not None else None
            return {**common, "status": _DONE[TASK][0 if activity.done else 1], "dateEnd": due}
        ends_at = max(activity.ends_at or activity.at, activity.at + _SHORTEST)
        contacts = [record_id for kind, record_id in activity.about if kind is CONTACT]
        timed = {
            **common,
            "status": _DONE[activity.kind][0 if activity.done else 1],
            "dateStart": sql_time(activity.at),
            "dateEnd": sql_time(ends_at),
            "contactsIds": contacts,
        }
        if activity.kind is CALL:
            timed["direction"] = "Inbound" if activity.direction == "in" else "Outbound"
        return timed

    def _mail(self, activity: Activity, text: str) -> dict[str, object]:
        own = self._facts.user_email or _NOBODY
        mail: dict[str, object] = {
            "status": "Archived",  # logs without sending
            "from": _addresses((activity.sender,)) or own,
            "to": _addresses(activity.recipients) or own,
            "cc": _addresses(activity.copies),
            "dateSent": sql_time(activity.at),
            "body": text,
            "isHtml": False,
        }
        if activity.message_id:
            mail["icsEventUid"] = _uid(activity.message_id, activity.direction)
        if activity.in_reply_to:
            answered = self._rows(EMAIL, "Email", [one_of("icsEventUid", _uids(activity.in_reply_to))], 1)
            if answered:
                mail["repliedId"] = answered[0].get("id")
        return mail


def _listed(value: object) -> str:
    """A text as lists show it."""
    return str(value or "")[: LISTED_TEXT - 1]


def _parent(activity: Activity) -> Ref:
    """An e-mail hangs on one record; persons find it by their address, so the deal comes first."""
    if not activity.about:
        raise Rejected("An activity needs a record that it is about.")
    rest = [ref for ref in activity.about if ref[0] not in (LEAD, CONTACT)]
    order = (RecordKind.OPPORTUNITY, RecordKind.ACCOUNT)
    return min(rest, key=lambda ref: order.index(ref[0])) if rest else activity.about[0]


def _of_parent(about: Ref) -> list[dict[str, object]]:
    return [equals("parentType", ENTITIES[about[0]]), equals("parentId", about[1])]


def _parts(activity_id: str) -> tuple[str, str]:
    entity, _, record_id = activity_id.partition(":")
    if entity not in _KINDS:
        raise NotFound("There is no such activity in EspoCRM.")
    return entity, record_id


def _uid(message_id: str, direction: str) -> str:
    return f"{direction}:{clean_text(message_id)[:_LONGEST_UID]}"


def _uids(message_id: str) -> list[str]:
    return [_uid(message_id, direction) for direction in ("", "in", "out")]


def _addresses(given: tuple[str, ...]) -> str:
    return ";".join(address for address in given if _ADDRESS.fullmatch(address))


def _activity(kind: ActivityKind, row: Row, asked: Ref) -> Activity:
    entity = _ENTITIES[kind]
    parent_kind = KINDS.get(str(row.get("parentType")))
    parent = (parent_kind, str(row.get("parentId"))) if parent_kind is not None else asked
    direction, _, message_id = str(row.get("icsEventUid") or "").partition(":")
    if kind is CALL:
        direction = "in" if row.get("direction") == "Inbound" else "out"
    elif kind is EMAIL and not direction:
        direction = "out" if row.get("sentById") else "in"
    ends_at = time_of(row.get("dateEnd"))
    return Activity(
        kind=kind,
        subject=str(row.get("name") or ""),
        at=time_of(row.get(_TIMES[kind])) or datetime.now(UTC),
        about=tuple(dict.fromkeys((parent, asked))),
        body=str(row.get("description") or row.get("body") or row.get("bodyPlain") or ""),
        author=str(row.get("createdByName") or ""),
        due_at=ends_at if kind is TASK else None,
        ends_at=ends_at if kind in (CALL, MEETING) else None,
        done=kind in _DONE and row.get("status") == _DONE[kind][0],
        message_id=message_id,
        direction=direction if kind in (CALL, EMAIL) else "",
        sender=str(row.get("fromEmailAddressName") or ""),
        id=f"{entity}:{row.get('id', '')}",
    )


def _note(row: Row, asked: Ref) -> Activity:
    post = str(row.get("post") or "")
    head, gap, tail = post.partition("\n\n")
    has_subject = bool(gap) and "\n" not in head and len(head) <= _LONGEST_NAME
    return Activity(
        kind=NOTE,
        subject=head if has_subject else "",
        at=time_of(row.get("createdAt")) or datetime.now(UTC),
        about=(asked,),
        body=tail if has_subject else post,
        author=str(row.get("createdByName") or ""),
        id=f"Note:{row.get('id', '')}",
    )

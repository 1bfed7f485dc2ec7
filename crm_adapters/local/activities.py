"""Activities in the embedded CRM."""

from __future__ import annotations

import json
import sqlite3

from crm_adapters.local.database import next_seq
from crm_adapters.local.times import from_stamp, to_stamp
from crm_model.errors import NotFound, Rejected
from crm_model.field_values import clean_text
from crm_model.records import Activity, ActivityKind, RecordKind

_LONGEST_SUBJECT, _LONGEST_BODY = 1_000, 1_000_000


def log(unit: sqlite3.Connection, activity: Activity) -> int:
    """Store an activity; an e-mail that is here already is not stored twice, but shown on these records, too."""
    about = _checked_about(unit, activity)
    message_id = clean_text(activity.message_id)
    if activity.kind is ActivityKind.EMAIL and message_id:
        held = unit.execute(
            # The second condition lets the partial index be used.
            "SELECT id, about FROM activities WHERE message_id = ? AND message_id <> '' AND NOT deleted",
            (message_id,),
        ).fetchone()
        if held is not None:
            _show_on(unit, int(held["id"]), json.loads(held["about"]), about)
            return int(held["id"])
    row = unit.execute(
        "INSERT INTO activities (kind, subject, body, author, at, due_at, done, direction, message_id, about, more)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            activity.kind.value,
            clean_text(activity.subject)[:_LONGEST_SUBJECT],
            clean_text(activity.body)[:_LONGEST_BODY],
            clean_text(activity.author),
            to_stamp(activity.at),
            to_stamp(activity.due_at) if activity.due_at is not None else None,
            activity.done,
            clean_text(activity.direction),
            message_id,
            json.dumps(about),
            json.dumps(_more(activity)),
        ),
    ).fetchone()
    unit.executemany("INSERT INTO activity_records VALUES (?, ?)", [(record_id, row["id"]) for _, record_id in about])
    _announce(unit, int(row["id"]))
    return int(row["id"])


def _show_on(unit: sqlite3.Connection, activity_id: int, before: list[list[str]], about: list[list[str]]) -> None:
    fresh = [each for each in about if each not in before]
    if fresh:
        packed = json.dumps(sorted(before + fresh))
        unit.execute("UPDATE activities SET about = ? WHERE id = ?", (packed, activity_id))
        shown = [(record_id, activity_id) for _, record_id in fresh]
        unit.executemany("INSERT OR IGNORE INTO activity_records VALUES (?, ?)", shown)
        _announce(unit, activity_id)


def set_done(unit: sqlite3.Connection, activity_id: str, done: bool) -> None:
    """Errors: NotFound."""
    changed = unit.execute(
        "UPDATE activities SET done = ? WHERE id = ? AND NOT deleted RETURNING id", (done, _number(activity_id))
    ).fetchall()
    if not changed:
        raise NotFound(f"There is no activity {activity_id} in this CRM (any more).")
    _announce(unit, _number(activity_id))


def delete(unit: sqlite3.Connection, activity_id: str) -> None:
    """Hide an activity; one that is gone already is no error."""
    number = _number(activity_id)
    _announce(unit, number)
    unit.execute("UPDATE activities SET deleted = 1 WHERE id = ?", (number,))


def follow(unit: sqlite3.Connection, lead_id: str, record_id: str) -> None:
    """What happened with a lead shows on what it became."""
    unit.execute(
        "INSERT OR IGNORE INTO activity_records SELECT ?, activity_id FROM activity_records WHERE record_id = ?",
        (record_id, lead_id),
    )


def of_record(unit: sqlite3.Connection, record_id: str, limit: int) -> tuple[Activity, ...]:
    """Newest first."""
    rows = unit.execute(
        "SELECT a.* FROM activity_records r JOIN activities a ON a.id = r.activity_id"
        " WHERE r.record_id = ? AND NOT a.deleted ORDER BY a.at DESC, a.id DESC LIMIT ?",
        (record_id, limit),
    )
    return tuple(_activity(row) for row in rows)


def _announce(unit: sqlite3.Connection, activity_id: int) -> None:
    """Its records come up among the changes again, at their old revision: nobody's edit of them gets stale."""
    ids = unit.execute("SELECT record_id FROM activity_records WHERE activity_id = ?", (activity_id,)).fetchall()
    for row in ids:
        unit.execute("UPDATE records SET seq = ? WHERE id = ?", (next_seq(unit), row["record_id"]))


def _checked_about(unit: sqlite3.Connection, activity: Activity) -> list[list[str]]:
    if not activity.about:
        raise Rejected("An activity needs a record that it is about.")
    for kind, record_id in activity.about:
        row = unit.execute("SELECT 1 FROM records WHERE id = ? AND kind = ? AND NOT deleted", (record_id, kind.value))
        if row.fetchone() is None:
            raise NotFound(f"There is no {kind} {record_id} in this CRM (any more).")
    return sorted({(kind.value, record_id): [kind.value, record_id] for kind, record_id in activity.about}.values())


def _more(activity: Activity) -> dict[str, object]:
    """What no query looks at."""
    found = {
        "in_reply_to": clean_text(activity.in_reply_to),
        "sender": clean_text(activity.sender),
        "recipients": [clean_text(each) for each in activity.recipients],
        "copies": [clean_text(each) for each in activity.copies],
        "ends_at": to_stamp(activity.ends_at) if activity.ends_at is not None else None,
        "owner": clean_text(activity.owner),
    }
    return {name: value for name, value in found.items() if value}


def _number(activity_id: str) -> int:
    return int(activity_id) if activity_id.isascii() and activity_id.isdecimal() and len(activity_id) < 19 else -1


def _activity(row: sqlite3.Row) -> Activity:
    more = json.loads(row["more"])
    return Activity(
        kind=ActivityKind(row["kind"]),
        subject=row["subject"],
        at=from_stamp(row["at"]),
        about=tuple((RecordKind(kind), record_id) for kind, record_id in json.loads(row["about"])),
        body=row["body"],
        author=row["author"],
        due_at=from_stamp(row["due_at"]) if row["due_at"] is not None else None,
        done=bool(row["done"]),
        message_id=row["message_id"],
        direction=row["direction"],
        id=str(row["id"]),
        in_reply_to=more.get("in_reply_to", ""),
        sender=more.get("sender", ""),
        recipients=tuple(more.get("recipients", ())),
        copies=tuple(more.get("copies", ())),
        ends_at=from_stamp(more["ends_at"]) if "ends_at" in more else None,
        owner=more.get("owner", ""),
    )

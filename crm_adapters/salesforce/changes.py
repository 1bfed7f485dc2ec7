"""Incremental reading by (SystemModstamp, Id), deleted records of the recycle bin among them.

    cursor   {"at": "2026-11-22T09:00:00.000Z", "id": "00Q…"}     everything after this pair

Salesforce's changes don't become visible in the order of their stamps: after the last page reading goes back some
minutes behind the server's clock.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from crm_adapters.contract import RecordPage
from crm_adapters.salesforce.api import Row
from crm_adapters.salesforce.fields import OPPORTUNITY
from crm_adapters.salesforce.records import Records
from crm_adapters.spelling import time_of
from crm_model.errors import CursorExpired
from crm_model.records import RecordKind

_OVERLAP = timedelta(minutes=2)


def page_after(records: Records, kind: RecordKind, cursor: str, limit: int, now: datetime) -> RecordPage:
    """The next page. `now` is the server's clock. Errors: CursorExpired."""
    at, record_id = _place(cursor)
    condition = f"SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{record_id}')" if at else "Id != null"
    more_fields = ("IsDeleted",) if kind is OPPORTUNITY else ("IsDeleted", "MasterRecordId")
    ordered = f"({condition}) ORDER BY SystemModstamp, Id LIMIT {limit}"
    rows = records.where(kind, ordered, more=more_fields, deleted=True)
    more = len(rows) == limit
    live = [row for row in rows if row.get("IsDeleted") is not True]
    gone = [row for row in rows if row.get("IsDeleted") is True]
    return RecordPage(
        records=[records.record(kind, row) for row in live],
        removed=[str(row.get("Id")) for row in gone],
        cursor=_cursor_after(rows, cursor, now, more=more),
        more=more,
        merged={str(row.get("Id")): str(row["MasterRecordId"]) for row in gone if row.get("MasterRecordId")},
    )


def _cursor_after(rows: list[Row], cursor: str, now: datetime, *, more: bool) -> str:
    if not rows:
        return cursor
    at, record_id = str(rows[-1].get("SystemModstamp")), str(rows[-1].get("Id"))
    last = time_of(at)
    if not more and last is not None and last > now - _OVERLAP:
        return json.dumps({"at": _spelled(now - _OVERLAP), "id": ""})
    return json.dumps({"at": _spelled(last) if last is not None else at, "id": record_id})


def _place(cursor: str) -> tuple[str, str]:
    if not cursor:
        return "", ""
    try:
        held = json.loads(cursor)
        at, record_id = time_of(held["at"]), str(held["id"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CursorExpired("This is no place in Salesforce.") from error
    if at is None or not (record_id.isalnum() or not record_id):
        raise CursorExpired("This is no place in Salesforce.")
    return _spelled(at), record_id


def _spelled(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"

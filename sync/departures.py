"""Records that a CRM has no more: marked, their conversations told; those of a merged one follow it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from crm_model.field_values import clean_text
from crm_model.records import RecordKind
from sync.store import Unit, links, records
from sync.store.thread_summary import refresh_threads

_NOT_MERGED: Mapping[str, str] = {}


def mark_gone(
    unit: Unit,
    crm: str,
    kind: RecordKind,
    remote_ids: Collection[str],
    *,
    merged: Mapping[str, str] = _NOT_MERGED,
    now: datetime,
) -> int:
    """The CRM deleted these, or merged them (`merged`: into which); how many were live here."""
    gone = records.mark_deleted(unit, crm, kind, remote_ids) if remote_ids else []
    into = {clean_text(one): clean_text(other) for one, other in merged.items()}
    held = records.by_remotes(unit, crm, kind, {*into, *into.values()}) if into else {}
    for one, other in into.items():
        if one in held and other in held:
            records.mark_merged(unit, held[one].id, held[other].id)
            links.follow_merge(unit, held[one].id, held[other].id, now=now)
    refresh_threads(unit, links.threads_of(unit, gone))
    return len(gone)


def mark_unseen(unit: Unit, crm: str, kind: RecordKind, since_seq: int) -> int:
    """After all was read anew, what the CRM did not name is gone; how many were live here."""
    gone = records.mark_unseen_deleted(unit, crm, kind, since_seq)
    refresh_threads(unit, links.threads_of(unit, gone))
    return len(gone)


def mark_gone_here(unit: Unit, record_id: int) -> None:
    """The same for one record by our own id."""
    records.mark_deleted_here(unit, record_id)
    refresh_threads(unit, links.threads_of(unit, [record_id]))

"""What people do in the demo after its first pass, so that a conflict, a task and an edit on its way can be seen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crm_adapters import registry
from crm_model.records import ActivityKind, Fields, RecordKind
from sync import edits, queries
from sync.settings import Settings
from sync.store import Store
from sync.views import RecordView

_COLLEAGUE = "Jonas Berg <jonas@fjordlys.example>"


def stage(settings: Settings, store: Store, run_pass: Callable[[], object]) -> None:
    """Both Kari and Jonas change an amount, Kari takes on a task and moves a stage; done before, nothing is done."""
    if queries.undoable(store, limit=1):
        return
    author, contested = settings.author, _opportunity(store, "Min side")
    _change(store, contested, {"amount": "1300000.00"}, author)
    _change_in_crm(settings, contested, {"amount": "1150000.00", "probability": 40})
    run_pass()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    butikk = _opportunity(store, "nettbutikk")
    edits.add_activity(store, butikk.id, ActivityKind.TASK, "Send betalingsplan i tre deler", author, due_at=tomorrow)
    _change(store, _opportunity(store, "recipe app"), {"stage": "qualified"}, author)


def _opportunity(store: Store, words: str) -> RecordView:
    found = queries.search_records(store, words, [RecordKind.OPPORTUNITY], limit=1)
    return queries.record(store, found[0].id)


def _change(store: Store, record: RecordView, fields: Fields, author: str) -> None:
    held = {field.spec.name: field.value for field in record.fields}
    edits.change_record(store, record.id, fields, {name: held.get(name) for name in fields}, author)


def _change_in_crm(settings: Settings, record: RecordView, fields: Fields) -> None:
    """As a colleague does it: in the CRM itself, unknown to us until the next pass."""
    crm = next(crm for crm in settings.crms if crm.name == record.crm)
    colleague = replace(crm, options={**crm.options, "user": _COLLEAGUE})
    with closing(registry.load(crm.kind).open(colleague)) as adapter:
        revision = adapter.get(record.kind, record.remote_id).revision
        adapter.update(record.kind, record.remote_id, fields, revision)

"""Every edit and its undo: what the views show afterwards is what they showed before."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from crm_model.changes import ChangeKind, ChangeState
from crm_model.links import Candidate, Reason
from crm_model.records import ActivityKind, Conversion, RecordKind
from sync import edits, mail_log, queries
from sync.store import conflicts, outbox
from sync.store.database import Store
from sync.store.decisions import NewSuggestion, add_suggestions
from sync.store.status import status
from sync.store.tables import activities, records
from sync.store.tables import outbox as outbox_rows
from sync.store.thread_summary import refresh_threads
from sync.views import Mailview

ME = "Kari"
LEAD, CONTACT, ACCOUNT, DEAL = 1, 4, 2, 3  # kinds by record number: see seeds.KINDS
Do = Callable[[Store], object]


@pytest.fixture
def desk(store: Store, seeds: ModuleType) -> Store:
    """Seeds, an open question about conversations 2 and 3, a task, a conflict, and mail that may be logged."""
    seeds.seed(store, conversations=12, people=8)
    mail_log.set_policy(store, mail_log.TEXT)
    reason = Reason("seed", "made for a test")
    with store.write() as unit:
        fields = {"last_name": "Doe", "email": "doe@x.example"}
        candidates = (Candidate(CONTACT, 0.5, reason), Candidate(LEAD, 0.4, reason))
        asked = [
            NewSuggestion(2, 3, 0.6, (reason,), fields=fields),
            NewSuggestion(3, 5, 0.5, (reason,), candidates=candidates),
        ]
        add_suggestions(unit, asked, seeds.START)
        refresh_threads(unit, range(1, 13))
        conflicts.add(
            unit, ACCOUNT, "name", base="Acme", mine="Acme 2 AS", theirs="Acme Two", mine_by=ME, mine_at=seeds.START,
            theirs_by="Ola", theirs_at=seeds.START, now=seeds.START,
        )  # fmt: skip
    edits.add_activity(store, DEAL, ActivityKind.TASK, "Call back", ME)
    edits.archive_thread(store, 12, ME)
    return store


def picture(store: Store) -> dict[str, Any]:
    """All that people can see, but for what is on its way to the CRM."""
    rows = queries.thread_rows(store, range(1, 60))
    with store.read() as unit:
        ids = list(unit.execute(sa.select(records.c.id).where(records.c.state != "deleted")).scalars())
    return {
        "lists": {view: list(queries.thread_ids(store, view)) for view in Mailview},
        "conversations": {i: queries.conversation(store, i) for i in rows if rows[i].last_at},
        "records": {record_id: _quiet(store, record_id) for record_id in ids},
        "suggestions": queries.suggestions(store),
        "undoable": queries.undoable(store),
        "leads": queries.leads(store),
    }


def _quiet(store: Store, record_id: int) -> Any:
    view = queries.record(store, record_id)
    fields = tuple(dataclasses.replace(field, pending=False) for field in view.fields)
    done = tuple(dataclasses.replace(activity, pending=False) for activity in view.activities)
    return dataclasses.replace(view, pending=0, fields=fields, activities=done)


def _task(store: Store) -> int:
    with store.read() as unit:
        return int(unit.execute(sa.select(activities.c.id).where(activities.c.kind == "task")).scalar_one())


def _conflict(store: Store) -> int:
    return queries.record(store, ACCOUNT).conflicts[0].id


DEAL_OF = {"name": "Deal", "stage": "new"}
EDITS: dict[str, Do] = {
    "link": lambda s: edits.link_thread(s, 2, CONTACT, ME),
    "link again after unlink": lambda s: (edits.unlink_thread(s, 1, 1, ME), edits.link_thread(s, 1, 1, ME)),
    "unlink": lambda s: edits.unlink_thread(s, 6, 6, ME),
    "create lead": lambda s: edits.create_lead(s, 2, "local", {"last_name": "Doe", "email": "doe@x.example"}, ME),
    "accept a lead": lambda s: edits.accept_suggestion(s, 1, ME, fields={"company": "X"}, crm="local"),
    "accept a link": lambda s: edits.accept_suggestion(s, 2, ME, crm="local"),
    "accept another link": lambda s: edits.accept_suggestion(s, 1, ME, record_id=ACCOUNT, crm="local"),
    "reject": lambda s: edits.reject_suggestion(s, 1, ME),
    "change": lambda s: edits.change_record(s, DEAL, {"stage": "won", "amount": "5.50"}, {"stage": "new"}, ME),
    "create": lambda s: edits.create_record(s, "local", RecordKind.ACCOUNT, {"name": "Newcomer"}, ME),
    "convert": lambda s: edits.convert_lead(s, LEAD, Conversion(contact={"last_name": "L"}, opportunity=DEAL_OF), ME),
    "note": lambda s: edits.add_activity(s, DEAL, ActivityKind.NOTE, "Liked it\nand wants more", ME),
    "task done": lambda s: edits.complete_task(s, _task(s), True, ME),
    "archive": lambda s: edits.archive_thread(s, 7, ME),
    "unarchive": lambda s: edits.unarchive_thread(s, 12, ME),
    "split": lambda s: edits.split_thread(s, 2, ME),
    "join": lambda s: edits.join_threads(s, 2, 1, ME),
    "join with the linked one first": lambda s: edits.join_threads(s, 6, 8, ME),
    "mine": lambda s: edits.resolve_conflict(s, _conflict(s), "mine", None, ME),
    "theirs": lambda s: edits.resolve_conflict(s, _conflict(s), "theirs", None, ME),
    "edited": lambda s: edits.resolve_conflict(s, _conflict(s), "edited", "Acme II", ME),
}


def undo_all(store: Store, before: int) -> None:
    while (last := queries.undoable(store)) and last[0].id > before:
        assert edits.undo(store, None, ME) == last[0].label


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_undone_before_it_is_pushed_leaves_no_trace(desk: Store, name: str) -> None:
    before, last = picture(desk), queries.undoable(desk)[0].id
    with desk.read() as unit:
        waiting = status(unit).changes
    EDITS[name](desk)
    assert picture(desk) != before
    undo_all(desk, last)
    assert picture(desk) == before
    with desk.read() as unit:
        assert status(unit).changes.get("pending") == waiting.get("pending")


ONCE_PUSHED_OTHERWISE = ("convert", "mine", "edited")  # see test_edits_in_a_crm


@pytest.mark.parametrize("name", [name for name in EDITS if name not in ONCE_PUSHED_OTHERWISE])
def test_an_edit_undone_after_it_is_pushed_is_taken_back_in_the_crm_too(desk: Store, name: str) -> None:
    push(desk)
    before, last = picture(desk), queries.undoable(desk)[0].id
    EDITS[name](desk)
    sent = push(desk)
    undo_all(desk, last)
    assert picture(desk) == before
    back = push(desk)
    assert len(back) == len(sent)
    opposite = {"create": "delete", "log": "delete", "update": "update", "delete": "log"}
    assert sorted(opposite[kind] for kind in sent) == sorted(back)


def push(store: Store) -> list[str]:
    """As if the CRM took everything that waits; the kinds of the changes."""
    with store.write() as unit:
        waiting = unit.execute(sa.select(outbox_rows).where(outbox_rows.c.state == "pending")).all()
        for row in waiting:
            unit.execute(outbox_rows.update().where(outbox_rows.c.id == row.id).values(attempts=1))
            if row.kind == ChangeKind.CREATE.value:
                values = {"remote_id": f"new{row.record_id}", "revision": "1"}
                unit.execute(records.update().where(records.c.id == row.record_id).values(**values))
            outbox.settle(unit, row.id, ChangeState.DONE, now=row.created_at)
    return [row.kind for row in waiting]

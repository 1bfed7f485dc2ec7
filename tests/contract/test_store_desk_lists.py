"""Leads, opportunities by stage, who owes whom, problems and saved views, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from crm_model.errors import NotFound, Rejected
from sync import desk_queries, edits, opening, queries
from sync.desk_views import Deskview, ProblemKind, SavedView, Sum
from sync.store.database import Store
from sync.store.tables import conflicts, links, mail_accounts, records, threads
from sync.viewer import Patience, Viewer
from sync.views import Mailview

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
OLA = "Ola Hansen"
ME = Viewer(OLA, NOW, Patience(2, 5, 10))


@pytest.fixture
def desk(any_store: Store, seeds: ModuleType) -> Store:
    """Opportunities 3 and 7 to 15 in three stages, lead 1 with a conversation."""
    seeds.seed(any_store, conversations=20, people=16)
    deals: tuple[tuple[int, dict[str, Any]], ...] = (
        (3, {"stage": "new", "amount": "100.50", "probability": 10, "close_date": "2026-12-24"}),
        (7, {"stage": "new", "amount": "200", "probability": 50, "close_date": "2026-12-01"}),
        (11, {"stage": "proposal", "amount": "1000", "probability": 30}),
        (15, {"stage": "won", "amount": "9000", "probability": 100}),
    )
    for record_id, fields in deals:
        edits.change_record(any_store, record_id, fields, {}, OLA)
    with any_store.write() as unit:
        unit.execute(records.update().where(records.c.id == 11).values(currency="EUR"))
        unit.execute(links.delete())
        unit.execute(threads.update().values(linked=False, last_at=NOW))
    return any_store


def _linked(store: Store, thread_id: int, record_id: int, *, days: float, ours: bool = False) -> None:
    direction = "outgoing" if ours else "incoming"
    with store.write() as unit:
        link = {"message_id": 1, "rule": "r", "author": "agent", "created_at": NOW}
        unit.execute(links.insert().values(thread_id=thread_id, record_id=record_id, **link))
        row = threads.update().where(threads.c.id == thread_id)
        unit.execute(row.values(linked=True, last_at=NOW - timedelta(days=days), last_direction=direction))


def view(store: Store, which: Mailview) -> list[int]:
    return list(queries.thread_ids(store, which, viewer=ME))


def test_the_pipeline_adds_up_by_stage_and_currency(desk: Store) -> None:
    found = desk_queries.open_pipeline(desk)
    assert list(found.keys) == [-1, -2, -3, 7, 3, -4, 11]
    every, more, new, proposal = (found.headings[key] for key in (-1, -2, -3, -4))
    assert more.goes_on
    assert more.sums == (Sum("EUR", 100000, 30000),)
    assert (every.label, every.count) == ("", 3)
    assert every.sums == (Sum("", 30050, 11005), Sum("EUR", 100000, 30000))
    assert (new.label, new.sums) == ("New", (Sum("", 30050, 11005),))
    assert (proposal.label, proposal.count) == ("Proposal sent", 1)
    row = desk_queries.deal_rows(desk, [3])[3]
    assert (row.amount, row.probability, row.on, row.stage) == (10050, 10, "2026-12-24", "New")


def test_a_stage_that_nobody_described_stands_last(desk: Store) -> None:
    with desk.write() as unit:
        unit.execute(records.update().where(records.c.id == 7).values(stage="odd"))
    assert desk_queries.open_pipeline(desk).headings[-5].label == "odd"


def test_leads_to_be_contacted_come_first(desk: Store) -> None:
    with desk.write() as unit:
        unit.execute(records.update().where(records.c.id == 9).values(next_contact_on="2026-11-17"))
        unit.execute(records.update().where(records.c.id == 13).values(next_contact_on="2026-11-19"))
    keys = list(desk_queries.lead_keys(desk, ME))
    assert keys[0] == 9
    assert sorted(keys) == [1, 5, 9, 13]
    title = queries.record(desk, 5).title
    assert list(desk_queries.lead_keys(desk, ME, title)) == [5]


def test_who_owes_whom(desk: Store) -> None:
    for thread_id, days, ours in ((1, 1, False), (2, 3, False), (3, 4, True), (4, 6, True), (5, 11, True)):
        _linked(desk, thread_id, 1, days=days, ours=ours)
    assert view(desk, Mailview.OWING) == [2]
    assert view(desk, Mailview.AWAITED) == [4]
    assert view(desk, Mailview.COLD) == [], "the newest conversation of the lead is fresh"
    patient = Viewer(OLA, NOW, Patience(4, 3, 2))
    assert list(queries.thread_ids(desk, Mailview.OWING, viewer=patient)) == []


def test_what_goes_cold_is_the_newest_conversation_of_what_goes_on(desk: Store) -> None:
    _linked(desk, 1, 3, days=12)
    _linked(desk, 2, 3, days=30)
    _linked(desk, 3, 15, days=30)
    _linked(desk, 4, 7, days=3)
    assert view(desk, Mailview.COLD) == [1]
    edits.set_next_touch(desk, 1, edits.Wish(NOW + timedelta(days=1), NOW.date()), OLA)
    assert 1 not in view(desk, Mailview.COLD)


def test_counts_are_what_the_lists_hold(desk: Store) -> None:
    _linked(desk, 2, 3, days=30)
    counts = queries.view_counts(desk, ME)
    assert {which: len(view(desk, which)) for which in Mailview} == counts
    assert desk_queries.count(desk, Deskview.PIPELINE, ME) == 3


def test_problems_of_every_sort_keep_their_keys(desk: Store) -> None:
    with desk.write() as unit:
        clash = {"field": "amount", "state": "open", "created_at": NOW}
        unit.execute(conflicts.insert().values(record_id=3, **clash))
        broken = {"last_error": "sign in again", "login_needed": True}
        unit.execute(mail_accounts.update().values(**broken))
    rows = desk_queries.all_problems(desk)
    assert [row.kind for row in rows] == [ProblemKind.SIGN_IN, ProblemKind.CONFLICT]
    key = rows[1].id
    with desk.write() as unit:
        unit.execute(mail_accounts.update().values(last_error="", login_needed=False))
    assert [row.id for row in desk_queries.all_problems(desk)] == [key]
    opened = opening.open_key(desk, Deskview.PROBLEMS, key, ME, None)
    assert opened.record and opened.record.id == 3
    assert opened.asked_id == key


def test_a_record_opens_with_its_newest_conversation(desk: Store) -> None:
    assert opening.open_key(desk, Deskview.LEADS, 1, ME, None).conversation == opening.NO_CONVERSATION
    _linked(desk, 1, 1, days=3)
    _linked(desk, 2, 1, days=1)
    opened = opening.open_key(desk, Deskview.LEADS, 1, ME, None)
    assert (opened.asked_id, opened.conversation.thread.id) == (1, 2)
    assert opened.record and opened.record.id == 1


def test_views_are_kept_by_person_and_name(desk: Store) -> None:
    edits.save_view(desk, SavedView("Hot", Mailview.LINKED, "stage:proposal"), OLA)
    edits.save_view(desk, SavedView("Hot", Deskview.PIPELINE, "fjord"), OLA)
    assert desk_queries.views_of(desk, OLA) == (SavedView("Hot", Deskview.PIPELINE, "fjord"),)
    assert desk_queries.views_of(desk, "Kari") == ()
    with pytest.raises(Rejected):
        edits.save_view(desk, SavedView(" ", Mailview.ALL, ""), OLA)
    edits.forget_view(desk, "Hot", OLA)
    with pytest.raises(NotFound):
        edits.forget_view(desk, "Hot", OLA)


def test_keeping_and_forgetting_a_view_is_undone_step_by_step(desk: Store) -> None:
    first, second = SavedView("Hot", Mailview.LINKED, "stage:proposal"), SavedView("Hot", Deskview.PIPELINE, "fjord")
    edits.save_view(desk, first, OLA)
    edits.save_view(desk, second, OLA)
    edits.save_view(desk, second, OLA)  # changes nothing, so there is nothing to undo
    edits.forget_view(desk, "Hot", OLA)
    for left in ((second,), (first,), ()):
        edits.undo(desk, None, OLA)
        assert desk_queries.views_of(desk, OLA) == left


def test_undoing_a_view_overwrites_no_later_one(desk: Store) -> None:
    edits.save_view(desk, SavedView("Hot", Mailview.LINKED, "a"), OLA)
    first = queries.undoable(desk, limit=1)[0].id
    edits.save_view(desk, SavedView("Hot", Mailview.LINKED, "b"), OLA)
    with pytest.raises(Rejected, match="changed since"):
        edits.undo(desk, first, OLA)
    assert desk_queries.views_of(desk, OLA) == (SavedView("Hot", Mailview.LINKED, "b"),)

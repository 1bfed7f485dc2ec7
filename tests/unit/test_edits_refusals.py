"""Edits that can't be: a sentence for the person, beside the field where there is one, and nothing stored."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_model.errors import HitchpostError, NotFound, Rejected
from crm_model.records import ActivityKind, Conversion, RecordKind
from crm_model.safe_text import safe_line
from sync import edits, mail_log, queries
from sync.store.database import Store
from sync.store.tables import metadata

ME = "Kari"
LEAD, ACCOUNT, DEAL = 1, 2, 3


def contents(store: Store) -> dict[str, list[Any]]:
    with store.read() as unit:
        return {table.name: unit.execute(sa.select(table)).all() for table in metadata.sorted_tables}


@pytest.mark.parametrize(
    ("record_id", "fields", "complaints"),
    [
        (DEAL, {"stage": "sold"}, {"stage": "Choose one of the values offered."}),
        (DEAL, {"amount": "a lot"}, {"amount": "Write an amount such as 12500.00."}),
        (DEAL, {"amount": "1,5"}, {"amount": "Write an amount such as 12500.00."}),
        (DEAL, {"amount": "٣"}, {"amount": "Write an amount such as 12500.00."}),
        (DEAL, {"probability": 101}, {"probability": "Write a whole number from 0 to 100."}),
        (DEAL, {"probability": True}, {"probability": "Write a whole number from 0 to 100."}),
        (DEAL, {"close_date": "22.11.2026"}, {"close_date": "Write a date such as 2026-11-22."}),
        (DEAL, {"close_date": "2026-02-30"}, {"close_date": "Write a date such as 2026-11-22."}),
        (DEAL, {"created_at": "2026-01-01T00:00:00Z"}, {"created_at": "The CRM keeps this itself."}),
        (DEAL, {"name": " "}, {"name": "This is needed."}),
        (DEAL, {"name": ("a", "b")}, {"name": "This is one value, not a list."}),
        (DEAL, {"owner_id": "nobody"}, {"owner_id": "The CRM has no such user."}),
        (DEAL, {"colour": "red"}, {"colour": "local has no such field."}),
        (LEAD, {"email": "x@"}, {"email": "This is no e-mail address."}),
        (LEAD, {"last_name": "x" * 61}, {"last_name": "At most 60 characters; these are 61."}),
        (
            LEAD,
            {"email": "x", "status": "y"},
            {"email": "This is no e-mail address.", "status": "Choose one of the values offered."},
        ),
    ],
)
def test_values_that_the_crm_would_refuse_are_refused_beside_their_field(
    seeded_store: Store, record_id: int, fields: dict[str, Any], complaints: dict[str, str]
) -> None:
    before = contents(seeded_store)
    with pytest.raises(Rejected) as refusal:
        edits.change_record(seeded_store, record_id, fields, {}, ME)
    assert refusal.value.field_errors == complaints
    assert contents(seeded_store) == before


def test_only_what_differs_is_changed_and_judged(seeded_store: Store) -> None:
    shown = {field.spec.name: field.value for field in queries.record(seeded_store, DEAL).fields}
    assert edits.change_record(seeded_store, DEAL, shown, shown, ME) == 0
    assert queries.undoable(seeded_store) == ()
    edits.change_record(seeded_store, DEAL, {**shown, "amount": " 7 "}, shown, ME)
    view = queries.record(seeded_store, DEAL)
    assert [field.spec.name for field in view.fields if field.pending] == ["amount"]
    assert queries.undoable(seeded_store)[0].label == "Amount of Deal 3 changed"


def test_a_new_record_needs_its_required_fields(seeded_store: Store) -> None:
    before = contents(seeded_store)
    with pytest.raises(Rejected) as refusal:
        edits.create_lead(seeded_store, 2, "local", {"email": "x@y.example"}, ME)
    assert refusal.value.field_errors == {"last_name": "This is needed."}
    with pytest.raises(Rejected) as refusal:
        edits.convert_lead(seeded_store, 1 + 4, Conversion(contact={"last_name": "X"}, account={"website": "x"}), ME)
    assert refusal.value.field_errors == {"account.name": "This is needed."}
    assert contents(seeded_store) == before


Refused = Callable[[Store], object]
CASES: dict[str, tuple[Refused, type[HitchpostError], str]] = {
    "no such thread": (lambda s: edits.link_thread(s, 999, LEAD, ME), NotFound, "conversation is no longer here"),
    "no such record": (lambda s: edits.link_thread(s, 1, 999, ME), NotFound, "record is no longer here"),
    "not linked": (lambda s: edits.unlink_thread(s, 2, LEAD, ME), NotFound, "not linked"),
    "no such CRM": (lambda s: edits.create_lead(s, 2, "moon\x1b[2J", {}, ME), NotFound, "no CRM called “moon”"),
    "no such suggestion": (lambda s: edits.reject_suggestion(s, 9, ME), NotFound, "suggestion"),
    "no such conflict": (lambda s: edits.resolve_conflict(s, 9, "mine", None, ME), NotFound, "conflict"),
    "no such message": (lambda s: edits.split_thread(s, 9999, ME), NotFound, "message"),
    "split at the beginning": (lambda s: edits.split_thread(s, 1, ME), Rejected, "begins with this message"),
    "join with itself": (lambda s: edits.join_threads(s, 1, 1, ME), Rejected, "one conversation already"),
    "no such task": (lambda s: edits.complete_task(s, 9, True, ME), NotFound, "task"),
    "empty note": (lambda s: edits.add_activity(s, LEAD, ActivityKind.NOTE, " \n ", ME), Rejected, "Write something"),
    "convert a deal": (lambda s: edits.convert_lead(s, DEAL, Conversion(), ME), Rejected, "is no lead"),
    "nothing to undo": (lambda s: edits.undo(s, None, ME), NotFound, "nothing to undo"),
    "undo the unknown": (lambda s: edits.undo(s, 77, ME), NotFound, "nothing to undo"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_can_not_be_is_said_and_stores_nothing(seeded_store: Store, name: str) -> None:
    edit, error, words = CASES[name]
    before = contents(seeded_store)
    with pytest.raises(error, match=words):
        edit(seeded_store)
    assert contents(seeded_store) == before


def test_an_action_is_undone_once_and_by_default_one_s_own_last(seeded_store: Store) -> None:
    mine = edits.archive_thread(seeded_store, 1, ME)
    edits.archive_thread(seeded_store, 2, "Ola")
    assert edits.undo(seeded_store, None, ME).startswith("archived ")
    with pytest.raises(Rejected, match="undone already"):
        edits.undo(seeded_store, mine, ME)
    with pytest.raises(NotFound):
        edits.undo(seeded_store, None, ME)
    assert [row.author for row in queries.undoable(seeded_store)] == ["Ola"]


def test_doing_it_twice_is_harmless(seeded_store: Store) -> None:
    assert edits.archive_thread(seeded_store, 3, ME) and edits.archive_thread(seeded_store, 3, ME) == 0
    assert edits.link_thread(seeded_store, 2, LEAD, ME) and edits.link_thread(seeded_store, 2, LEAD, ME) == 0
    assert len(queries.undoable(seeded_store)) == 2


def test_the_second_person_to_answer_a_question_is_told(seeded_store: Store, seeds: ModuleType) -> None:
    from sync.store.decisions import NewSuggestion, add_suggestions

    with seeded_store.write() as unit:
        add_suggestions(unit, [NewSuggestion(2, 3, 0.5, (), fields={"last_name": "Doe"})], seeds.START)
    edits.accept_suggestion(seeded_store, 1, ME, crm="local")
    with pytest.raises(Rejected, match="decided"):
        edits.reject_suggestion(seeded_store, 1, "Ola")
    assert queries.suggestions(seeded_store) == ()
    assert [link.title for link in queries.conversation(seeded_store, 2).links] == ["Doe"]


def test_reading_clears_the_marks_here(seeded_store: Store) -> None:
    assert queries.thread_rows(seeded_store, [3])[3].unread_count == 1
    seq = queries.seq(seeded_store)
    edits.see_thread(seeded_store, 3)
    assert queries.thread_rows(seeded_store, [3])[3].unread_count == 0
    assert queries.threads_changed_since(seeded_store, seq) == [3]
    edits.see_thread(seeded_store, 3)
    assert queries.seq(seeded_store) == seq + 1
    assert queries.undoable(seeded_store) == ()


def test_a_removed_link_is_never_made_again_by_the_agent(seeded_store: Store, seeds: ModuleType) -> None:
    from sync.store import links

    edits.unlink_thread(seeded_store, 1, LEAD, ME)
    with seeded_store.write() as unit:
        assert not links.add(unit, 1, LEAD, links.Evidence(1, "address"), author=links.AGENT, now=seeds.START)
    assert queries.conversation(seeded_store, 1).links == ()


def test_mail_is_logged_once_however_often_it_is_asked_for(seeded_store: Store, seeds: ModuleType) -> None:
    with seeded_store.write() as unit:
        first = mail_log.log_messages(unit, [1, 2, 3], [LEAD, DEAL, 999], seeds.START, with_text=True)
        assert len(first) == 6
        assert mail_log.log_messages(unit, [1, 2, 3], [LEAD, DEAL], seeds.START, with_text=True) == []
        assert mail_log.log_thread(unit, 1, LEAD, seeds.START, with_text=True) == []
    assert [each.pending for each in queries.record(seeded_store, LEAD).activities] == [True] * 3


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=300), kind=st.sampled_from(["note", "name", "search", "author"]))
def test_any_text_that_a_person_pastes_is_stored_or_refused(seeded_store: Store, text: str, kind: str) -> None:
    try:
        if kind == "note":
            edits.add_activity(seeded_store, DEAL, ActivityKind.NOTE, text, ME)
        elif kind == "name":
            edits.create_record(seeded_store, "local", RecordKind.ACCOUNT, {"name": text}, ME)
        elif kind == "author":
            edits.archive_thread(seeded_store, 4, text)
            edits.unarchive_thread(seeded_store, 4, text)
        else:
            queries.search_records(seeded_store, text)
    except Rejected as refusal:
        assert str(refusal)
    assert all(row.label == safe_line(row.label) for row in queries.undoable(seeded_store))

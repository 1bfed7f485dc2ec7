"""The same decision on many conversations: one action on both databases; what is refused for one holds up no other."""

from __future__ import annotations

from datetime import UTC, datetime
from types import ModuleType

import pytest

from crm_model.links import Candidate, Reason
from sync import edits, queries
from sync.store import decisions, thread_wishes
from sync.store.database import Store, Unit
from sync.store.decisions import NewSuggestion
from sync.store.thread_summary import refresh_threads
from sync.views import Mailview

ME = "Kari"


@pytest.fixture
def desk(any_store: Store, seeds: ModuleType) -> Store:
    """Leads suggested for conversations 2 and 3; for 5 a record that is gone."""
    seeds.seed(any_store, conversations=12, people=8)
    now = datetime.now(UTC)
    with any_store.write() as unit:
        gone = (Candidate(999_999, 0.8, Reason("address", "once known")),)
        asked = [
            NewSuggestion(n, message_id(unit, n), 0.8, (), {"last_name": f"N{n}", "email": f"n{n}@x.example"})
            for n in (2, 3)
        ]
        decisions.add_suggestions(
            unit,
            [*asked, NewSuggestion(5, message_id(unit, 5), 0.8, (), candidates=gone)],
            now,
        )
        refresh_threads(unit, range(1, 13))
    return any_store


def message_id(unit: Unit, thread_id: int) -> int:
    found = thread_wishes.newest_message(unit, thread_id)
    assert found is not None
    return found


def test_all_are_accepted_but_the_one_that_cannot_be_and_one_undo_takes_all_back(desk: Store) -> None:
    assert edits.accept_all(desk, [2, 3, 4, 5], ME, crm="local") == "Accepted: 2; 2 left as they are"
    assert {2, 3} <= set(queries.thread_ids(desk, Mailview.LINKED))
    assert list(queries.thread_ids(desk, Mailview.SUGGESTED)) == [5]
    edits.undo(desk, None, ME)
    assert sorted(queries.thread_ids(desk, Mailview.SUGGESTED)) == [2, 3, 5]
    assert not {2, 3} & set(queries.thread_ids(desk, Mailview.LINKED))


def test_rejecting_and_archiving_many(desk: Store) -> None:
    assert edits.reject_all(desk, [2, 3], ME, remark="spam") == "Rejected: 2"
    assert edits.archive_all(desk, [2, 3, 3], ME) == "Archived: 2"
    assert edits.archive_all(desk, [2, 3], ME) == "Archived: 0; 2 left as they are"
    assert sorted(queries.thread_ids(desk, Mailview.ARCHIVED)) == [2, 3]
    edits.undo(desk, None, ME)
    assert list(queries.thread_ids(desk, Mailview.ARCHIVED)) == []
    edits.undo(desk, None, ME)
    assert sorted(queries.thread_ids(desk, Mailview.SUGGESTED)) == [2, 3, 5]


def test_many_are_linked_to_one_record_and_one_undo_takes_all_back(desk: Store) -> None:
    title = queries.record(desk, 1).title
    before = set(queries.thread_ids(desk, Mailview.LINKED))
    assert edits.link_all(desk, [2, 3, 4], 1, ME) == f"Linked to {title}: 3"
    assert edits.link_all(desk, [4], 1, ME) == f"Linked to {title}: 0; 1 left as they are"
    assert all(1 in {link.record_id for link in queries.conversation(desk, each).links} for each in (2, 3, 4))
    assert list(queries.thread_ids(desk, Mailview.SUGGESTED)) == [5]  # what was asked about them is settled
    assert queries.undoable(desk, limit=1)[0].label == f"linked 3 conversations to {title}"
    edits.undo(desk, None, ME)
    assert set(queries.thread_ids(desk, Mailview.LINKED)) == before
    assert sorted(queries.thread_ids(desk, Mailview.SUGGESTED)) == [2, 3, 5]


def test_many_are_not_linked_to_a_record_that_is_gone(desk: Store) -> None:
    assert edits.link_all(desk, [2, 3], 999_999, ME) == "Linked: 0; 2 left as they are"


def test_conversations_of_the_same_sender(desk: Store) -> None:
    same = queries.threads_from_same(desk, 3)
    assert same[0] == 3

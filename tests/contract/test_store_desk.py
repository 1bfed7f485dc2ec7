"""What the desk asks of the store and does to it, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from crm_model.errors import NotFound
from crm_model.records import ActivityKind, Conversion, RecordKind
from sync import edits, mail_log, queries
from sync.store.database import Store
from sync.store.tables import message_texts, messages
from sync.store.thread_summary import refresh_threads
from sync.store.thread_wishes import wake
from sync.views import Mailview

ME = "Kari"
HOSTILE = (
    '"',
    "'",
    "*",
    "a'b",
    "\\",
    ":*",
    "&",
    "| !",
    "NEAR(",
    "\x00",
    "\ud800",
    "%",
    "_",
    "x" * 5000,
    "a:b <-> c",
    "''",
)


@pytest.fixture
def desk(any_store: Store, seeds: ModuleType) -> Store:
    seeds.seed(any_store, conversations=12, people=8)
    with any_store.write() as unit:
        refresh_threads(unit, range(1, 13))
    return any_store


def test_lists_rows_and_conversations(desk: Store) -> None:
    assert list(queries.thread_ids(desk, Mailview.ALL)) == list(range(12, 0, -1))
    assert list(queries.thread_ids(desk, Mailview.NOISE)) == [10]
    assert list(queries.thread_ids(desk, Mailview.LINKED)) == [11, 6, 1]
    assert list(queries.thread_ids(desk, Mailview.ARCHIVED)) == []
    assert queries.thread_rows(desk, [3])[3].unread_count == 1
    assert [message.id for message in queries.conversation(desk, 3).messages] == [5, 6]
    with pytest.raises(NotFound):
        queries.conversation(desk, 99)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("w14", [7]),
        ("W14", [7]),
        ("p7@acme7.example", [7]),
        ("p7@acme7.exa", [7]),
        ("acme7", [7]),
        ("nothing like it", []),
        ("about w14 hel", [7]),
        ("hello", list(range(12, 0, -1))),
        ("grüße aus köln", [2]),
        ("+47 22 33", [2]),
    ],
)
def test_search_means_the_same(desk: Store, text: str, found: list[int]) -> None:
    with desk.write() as unit:
        body = "Grüße aus Köln-Ehrenfeld, +47 22 33 44 55"
        unit.execute(message_texts.update().where(message_texts.c.message_id == 3).values(body=body))
    assert list(queries.thread_ids(desk, Mailview.ALL, text)) == found


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_searches_answer(desk: Store, text: str) -> None:
    queries.thread_ids(desk, Mailview.ALL, text)
    queries.thread_ids(desk, Mailview.ALL, f"hello {text}")
    queries.search_records(desk, text)


def test_records_are_found_by_any_of_their_words(desk: Store, seeds: ModuleType) -> None:
    rows = queries.search_records(desk, seeds.person(4))
    assert [row.id for row in rows] == [4]
    assert [row.id for row in queries.search_records(desk, "p4@acme4.exam")] == [4]
    assert [row.id for row in queries.search_records(desk, "acme", [RecordKind.ACCOUNT])] == [2, 6]
    assert queries.search_records(desk, "") == ()


@pytest.mark.parametrize(
    ("minutes", "direction", "outcome", "woken"),
    [
        (5, "incoming", "held", True),
        (5, "incoming", "ignored", False),
        (5, "outgoing", "linked", False),
        (-5, "incoming", "held", False),
    ],
)
def test_an_archived_conversation_comes_back_when_somebody_writes(
    desk: Store, minutes: int, direction: str, outcome: str, woken: bool
) -> None:
    edits.archive_thread(desk, 7, ME)
    with desk.write() as unit:
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        unit.execute(
            messages.update().where(messages.c.id == 14).values(received_at=at, direction=direction, outcome=outcome)
        )
        wake(unit, [6, 7, 8])
        refresh_threads(unit, [7])
    assert (7 in queries.thread_ids(desk, Mailview.TRIAGE)) is woken


def test_a_round_of_edits_and_back(desk: Store) -> None:
    mail_log.set_policy(desk, mail_log.TEXT)
    before = (queries.status(desk), queries.conversation(desk, 2), queries.conversation(desk, 3), queries.leads(desk))
    edits.link_thread(desk, 2, 3, ME)
    lead = edits.create_lead(desk, 3, "local", {"last_name": "Doe", "email": "doe@x.example"}, ME)
    edits.change_record(desk, lead, {"company": "X"}, {}, ME)
    edits.convert_lead(desk, lead, Conversion(contact={"last_name": "Doe"}), ME)
    edits.add_activity(desk, 3, ActivityKind.NOTE, "Liked it", ME)
    edits.unlink_thread(desk, 2, 3, ME)
    edits.split_thread(desk, 4, ME)
    edits.join_threads(desk, 3, 5, ME)
    edits.archive_thread(desk, 7, ME)
    assert queries.status(desk).changes["pending"] > 0
    brief, whole = queries.waiting_now(desk), queries.status(desk)
    told = ("unread", "suggestions", "conflicts", "outgoing", "seq", "agent_runs")
    assert {name: getattr(brief, name) for name in told} == {name: getattr(whole, name) for name in told}
    assert brief.changes == {state: count for state, count in whole.changes.items() if state in ("pending", "refused")}
    assert [place.name for place in brief.crms] == [place.name for place in whole.crms]
    for row in queries.undoable(desk):
        assert edits.undo(desk, None, ME) == row.label
    after = (queries.status(desk), queries.conversation(desk, 2), queries.conversation(desk, 3), queries.leads(desk))
    assert after[1:] == before[1:]
    assert (after[0].threads, after[0].outcomes, after[0].suggestions) == (12, before[0].outcomes, 0)
    assert "pending" not in after[0].changes

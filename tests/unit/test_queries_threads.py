"""The conversation list: views, order, search, what changed."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType

import pytest
import sqlalchemy as sa

from crm_model.errors import NotFound
from sync import queries
from sync.store.database import Store, next_seq
from sync.store.tables import message_texts, threads
from sync.views import Mailview


def test_every_view_is_its_filter_newest_first(seeded_store: Store) -> None:
    everything = list(queries.thread_ids(seeded_store, Mailview.ALL))
    assert everything == list(range(60, 0, -1))
    rows = queries.thread_rows(seeded_store, everything)
    expected = {
        Mailview.TRIAGE: [i for i in everything if not rows[i].noise],
        Mailview.UNREAD: [i for i in everything if rows[i].unread_count and not rows[i].noise],
        Mailview.LINKED: [i for i in everything if rows[i].linked],
        Mailview.UNLINKED: [i for i in everything if not rows[i].linked and not rows[i].noise],
        Mailview.NOISE: [i for i in everything if rows[i].noise],
        Mailview.SUGGESTED: [],
        Mailview.ARCHIVED: [],
        Mailview.WAITING: [],
    }
    for view, ids in expected.items():
        assert list(queries.thread_ids(seeded_store, view)) == ids, view
    assert expected[Mailview.NOISE] and expected[Mailview.LINKED] and expected[Mailview.UNREAD]


def test_archived_conversations_are_in_no_other_view_but_all(seeded_store: Store, seeds: ModuleType) -> None:
    with seeded_store.write() as unit:
        unit.execute(threads.update().where(threads.c.id == 41).values(archived_at=seeds.START))
    holding = {view for view in Mailview if 41 in queries.thread_ids(seeded_store, view)}
    assert holding == {Mailview.ARCHIVED, Mailview.ALL}


def test_a_link_lifts_a_conversation_out_of_the_noise(seeded_store: Store) -> None:
    with seeded_store.write() as unit:
        unit.execute(threads.update().where(threads.c.id == 50).values(linked=True, last_direction="incoming"))
    holding = {view for view in Mailview if 50 in queries.thread_ids(seeded_store, view)}
    assert holding == {Mailview.TRIAGE, Mailview.LINKED, Mailview.WAITING, Mailview.ALL}
    assert queries.thread_rows(seeded_store, [50])[50].waiting == "us"


def test_merged_and_empty_threads_are_not_listed(seeded_store: Store) -> None:
    with seeded_store.write() as unit:
        unit.execute(threads.update().where(threads.c.id == 3).values(merged_into=4))
        unit.execute(threads.insert().values(id=900, family_id=900))
    listed = queries.thread_ids(seeded_store, Mailview.ALL)
    assert 3 not in listed and 900 not in listed and 4 in listed
    assert queries.conversation(seeded_store, 3) == queries.conversation(seeded_store, 4)


def test_search_finds_subject_person_and_body_and_an_unfinished_last_word(seeded_store: Store) -> None:
    subject = queries.thread_rows(seeded_store, [7])[7].subject
    person = queries.thread_rows(seeded_store, [7])[7].people
    body = "w14"  # the second mail of conversation 7
    for text in (subject, person, body, "p7@acme7.example", "P7@ACME7.ex", subject.upper(), f"{body} hel"):
        assert 7 in queries.thread_ids(seeded_store, Mailview.ALL, text), text
    assert list(queries.thread_ids(seeded_store, Mailview.ALL, f"{body} {person}")) == [7]
    assert list(queries.thread_ids(seeded_store, Mailview.ALL, "hell")) == list(range(60, 0, -1))
    assert not queries.thread_ids(seeded_store, Mailview.ALL, "hell about w14 nobodywrotethis")


def test_search_stays_within_the_view(seeded_store: Store) -> None:
    assert list(queries.thread_ids(seeded_store, Mailview.NOISE, "hello")) == [60, 50, 40, 30, 20, 10]


def test_search_forgives_accents(store: Store, seeds: ModuleType) -> None:
    seeds.seed(store, conversations=12)
    with store.write() as unit:
        unit.execute(message_texts.update().where(message_texts.c.message_id == 1).values(body="Angebot für Müller"))
    assert list(queries.thread_ids(store, Mailview.ALL, "angebot mull")) == [1]


@pytest.mark.parametrize(
    "text",
    ['"', "'", '" OR "', "*", "hello*", "hel NEAR(", "body:hello", "-", "--", "AND", "a AND", "(", "\x00", "\ud800",
     "\x1b[31m", "%", "_", "\\", ";DROP TABLE threads", "^hello", "h", "ø", "é" * 500, "x " * 500, "{a b}:c", ":", "+"],
)  # fmt: skip
def test_hostile_searches_answer(seeded_store: Store, text: str) -> None:
    found = queries.thread_ids(seeded_store, Mailview.ALL, text)
    assert set(found) <= set(range(1, 61))
    queries.search_records(seeded_store, text)


def test_blank_search_is_no_search_and_signs_only_find_nothing(seeded_store: Store) -> None:
    assert len(queries.thread_ids(seeded_store, Mailview.ALL, "  ")) == 60
    assert len(queries.thread_ids(seeded_store, Mailview.ALL, '"*')) == 0


def test_one_letter_looks_at_subjects_and_people_only(seeded_store: Store) -> None:
    rows = queries.thread_rows(seeded_store, range(1, 61))
    expected = [i for i, row in rows.items() if f" {row.subject} {row.people}".lower().find(" b") >= 0]
    assert sorted(queries.thread_ids(seeded_store, Mailview.ALL, "B")) == sorted(expected)
    assert 0 < len(expected) < 60


def test_a_short_last_word_counts_if_it_is_one(store: Store, seeds: ModuleType) -> None:
    seeds.seed(store, conversations=6)
    with store.write() as unit:
        unit.execute(message_texts.update().where(message_texts.c.message_id == 3).values(body="hello in room 12"))
    everything = [6, 5, 4, 3, 2, 1]
    assert list(queries.thread_ids(store, Mailview.ALL, "hello 12")) == [2]
    assert list(queries.thread_ids(store, Mailview.ALL, "hello x")) == everything
    assert list(queries.thread_ids(store, Mailview.ALL, "hello 1 ")) == [1]
    assert list(queries.thread_ids(store, Mailview.ALL, "room ")) == [2]
    assert list(queries.thread_ids(store, Mailview.ALL, "roo ")) == []


def test_changes_are_told_once_and_in_order(seeded_store: Store) -> None:
    before = queries.seq(seeded_store)
    assert queries.threads_changed_since(seeded_store, before) == []
    with seeded_store.write() as unit:
        unit.execute(threads.update().where(threads.c.id == 9).values(seq=next_seq(unit)))
    with seeded_store.write() as unit:
        unit.execute(threads.update().where(threads.c.id == 2).values(seq=next_seq(unit)))
    assert queries.threads_changed_since(seeded_store, before) == [9, 2]
    assert queries.seq(seeded_store) == before + 2


def test_rows_of_conversations_that_are_gone_are_left_out(seeded_store: Store) -> None:
    assert set(queries.thread_rows(seeded_store, [1, 2, 99_999])) == {1, 2}


def test_a_conversation_has_messages_links_and_why(seeded_store: Store, seeds: ModuleType) -> None:
    found = queries.conversation(seeded_store, 1)
    assert [message.at for message in found.messages] == sorted(message.at for message in found.messages)
    first = found.messages[0]
    assert (first.from_.name, first.from_.email) == (seeds.person(1), "p1@acme1.example")
    assert [address.email for address in first.to] == ["kari@us.example"]
    assert first.at == seeds.START + timedelta(minutes=10)
    assert first.text.startswith("Hello about w1 ")
    assert [(link.record_id, link.rule, link.author) for link in found.links] == [(1, "address", "agent")]
    assert found.suggestion is None
    with pytest.raises(NotFound):
        queries.conversation(seeded_store, 12345)


def test_lists_are_read_from_the_index_alone(seeded_store: Store) -> None:
    query = (
        "EXPLAIN QUERY PLAN SELECT id FROM threads WHERE last_at IS NOT NULL AND merged_into IS NULL "
        "AND archived_at IS NULL AND (noise = 0 OR linked = 1) ORDER BY last_at DESC, id DESC"
    )
    with seeded_store.read() as unit:
        plan = " ".join(str(row) for row in unit.execute(sa.text(query)))
    assert "COVERING INDEX ix_threads_newest" in plan and "TEMP B-TREE" not in plan

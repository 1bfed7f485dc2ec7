"""Stored threads: the same mail in any order and any paging gives the same threads, on both databases."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_model.mail import Address, Direction, Message, Outcome
from crm_model.organisation import Organisation
from sync.store import mail
from sync.store.database import Store
from sync.store.families import NewMessage, unite
from sync.store.mail import Arrival
from sync.store.tables import messages, thread_cuts, thread_joins, threads
from sync.store.thread_summary import refresh_threads
from sync.store.threads import assign_threads, rederive
from sync.thread_facts import thread_facts

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
US = Organisation(domains=frozenset({"us.example"}))


def message(
    number: int,
    *,
    refs: str = "",
    subject: str = "Tilbud",
    sender: str = "kari@bygg.example",
    conversation: str = "",
) -> Message:
    return Message(
        key=f"key{number}",
        message_id=f"{number}@x.example",
        references=tuple(f"{ref}@x.example" for ref in refs.split()),
        subject=subject,
        from_=Address(sender),
        to=(Address("sales@us.example"),),
        sent_at=START + timedelta(days=number),
        text=f"text {number}",
        conversation=conversation,
    )


def store_page(store: Store, page: list[Message]) -> None:
    with store.write() as unit:
        ids = mail.new_message_ids(unit, len(page))
        facts = [thread_facts(each, each.sent_at or START, US) for each in page]
        assigned = assign_threads(unit, [NewMessage(i, fact) for i, fact in zip(ids, facts, strict=True)])
        arrivals = [
            Arrival(
                id=i,
                message=each,
                facts=fact,
                direction=Direction.INCOMING,
                received_at=each.sent_at or START,
                unread=True,
                outcome=Outcome.HELD,
            )
            for i, each, fact in zip(ids, page, facts, strict=True)
        ]
        mail.insert_arrivals(unit, arrivals, assigned.thread_of)
        refresh_threads(unit, assigned.touched)


def stored_threads(store: Store) -> set[frozenset[str]]:
    groups: dict[int, set[str]] = defaultdict(set)
    with store.read() as unit:
        for row in unit.execute(messages.select()):
            groups[row.thread_id].add(row.key.removeprefix("key"))
        counts = {row.id: row.message_count for row in unit.execute(threads.select())}
    assert {thread_id: len(keys) for thread_id, keys in groups.items()} == {
        thread_id: count for thread_id, count in counts.items() if count
    }
    return {frozenset(keys) for keys in groups.values()}


MAIL = [
    message(0),
    message(1, refs="0"),
    message(2, refs="0 1"),
    message(3, refs="0 1 2"),
    message(10, subject="Faktura"),
    message(11, refs="99", subject="Møte"),
    message(12, refs="99", subject="Møte"),
    message(20, subject="Pris", sender="ola@fest.example"),
    message(21, subject="SV: Pris", sender="ola@fest.example"),
    message(60, refs="0", subject="Sommerfest", sender="ola@fest.example"),
    message(61, refs="0 60", subject="Sommerfest", sender="ola@fest.example"),
    message(25, refs="10 20", subject="Samlet"),
    message(30, subject="Skjema", sender="form@us.example", conversation="me 7"),
    message(31, subject="Skjema", sender="form@us.example", conversation="me 7"),
    message(32, refs="98", subject="Re: Skjema", conversation="me 7"),
]
THREADS = {frozenset(group.split()) for group in ("0 1 2 3", "10 20 21 25", "11 12", "60 61", "30", "31 32")}


@pytest.mark.parametrize("seed", range(6))
def test_order_and_paging_do_not_matter(any_store: Store, seed: int) -> None:
    chance = random.Random(seed)
    arriving = MAIL.copy()
    if seed:
        chance.shuffle(arriving)
    while arriving:
        size = chance.randint(1, 5)
        store_page(any_store, arriving[:size])
        arriving = arriving[size:]
    assert stored_threads(any_store) == THREADS


def test_a_merged_thread_says_where_it_went(any_store: Store) -> None:
    store_page(any_store, [message(0)])
    store_page(any_store, [message(5)])
    store_page(any_store, [message(6, refs="0 5")])
    assert stored_threads(any_store) == {frozenset(["0", "5", "6"])}
    with any_store.read() as unit:
        rows = {row.id: row for row in unit.execute(threads.select())}
    emptied = next(row for row in rows.values() if not row.message_count)
    assert rows[emptied.merged_into].message_count == 3


def test_a_cut_and_a_join_by_hand_outlive_a_rebuild_and_new_mail(any_store: Store) -> None:
    store_page(any_store, [message(0), message(1, refs="0"), message(2, refs="0 1"), message(3, refs="0"), message(30)])
    with any_store.write() as unit:
        wish = {"author": "Ingrid", "created_at": START}
        unit.execute(thread_cuts.insert().values(node="1@x.example", **wish))
        unit.execute(thread_joins.insert().values(node_a="0@x.example", node_b="30@x.example", **wish))
        unite(unit, ["0@x.example", "30@x.example"])
        rederive(unit, set(unit.execute(sa.select(threads.c.family_id)).scalars()))
    wanted = {frozenset(["1", "2"]), frozenset(["0", "3", "30"])}
    assert stored_threads(any_store) == wanted
    store_page(any_store, [message(4, refs="0 1 2"), message(5, refs="0 3")])
    assert stored_threads(any_store) == {frozenset(["1", "2", "4"]), frozenset(["0", "3", "5", "30"])}
    with any_store.write() as unit:
        rederive(unit, set(unit.execute(sa.select(threads.c.family_id)).scalars()))
    assert stored_threads(any_store) == {frozenset(["1", "2", "4"]), frozenset(["0", "3", "5", "30"])}

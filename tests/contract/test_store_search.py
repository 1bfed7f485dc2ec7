"""What a search finds, the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
import sqlalchemy as sa

from sync import queries
from sync.store import records, searched_threads
from sync.store.database import Store
from sync.store.tables import message_texts, threads
from sync.store.thread_summary import refresh_threads
from sync.views import Mailview

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def floor(any_store: Store, seeds: ModuleType) -> Store:
    """Sixty conversations of two mails each, forty records; the even mails are ours, by Kari."""
    seeds.seed(any_store)
    with any_store.write() as unit:
        text = message_texts.update()
        unit.execute(text.where(message_texts.c.message_id == 3).values(body="the blue Müller pump, not the red one"))
        unit.execute(text.where(message_texts.c.message_id == 4).values(body="the red Müller valve"))
        unit.execute(threads.update().where(threads.c.id == 7).values(attachment_count=2))
        unit.execute(threads.update().where(threads.c.id == 8).values(archived_at=NOW))
    return any_store


def found(store: Store, text: str, view: Mailview = Mailview.ALL) -> list[int]:
    return list(queries.thread_ids(store, view, text, now=NOW, zone=UTC))


def every(step: int, first: int) -> list[int]:
    return list(range(60 - (60 - first) % step, 0, -step))


def test_who_wrote_is_not_who_was_written_to(floor: Store) -> None:
    assert found(floor, "from:p7@acme7.example") == found(floor, "to:p7@acme7.example") == [7]
    assert found(floor, "from:p7 to:p7 ") == []  # one message holds all of it
    assert found(floor, "from:p7 to:kari") == [7]
    assert len(found(floor, "from:kari")) == 60
    assert found(floor, "from:nobody") == found(floor, "to:w14") == []


def test_subject_phrase_and_negation(floor: Store) -> None:
    subject = queries.thread_rows(floor, [2])[2].subject
    assert 2 in found(floor, f'subject:"{subject}"')
    assert found(floor, '"blue müller pump"') == found(floor, '"blue Müll') == [2]
    assert found(floor, '"blue pump"') == found(floor, "subject:pump") == []
    assert found(floor, "blue pump valve") == []  # two messages of one conversation
    assert found(floor, "müller -pump") == []  # a conversation is left out for one of its messages
    assert found(floor, "blue -nothing") == [2]
    assert 2 not in found(floor, "-pump") and len(found(floor, "-pump")) == 59


def test_states(floor: Store) -> None:
    assert found(floor, "is:linked") == every(5, 1)
    assert len(found(floor, "is:unlinked")) == 48
    assert found(floor, "is:unread") == every(3, 3)
    assert found(floor, "is:noise") == every(10, 10)
    assert found(floor, "has:attachment") == [7]
    assert found(floor, "is:archived", Mailview.TRIAGE) == [8]  # more than the view shows, since it was asked for
    assert 8 not in found(floor, "hello", Mailview.TRIAGE)
    assert set(found(floor, "-has:attachment -is:unread")) == set(range(1, 61)) - {7} - set(every(3, 3))


def test_dates_are_those_of_the_last_mail(floor: Store, seeds: ModuleType) -> None:
    rows = queries.thread_rows(floor, range(1, 61))
    noon = seeds.START + timedelta(hours=4)
    early = [i for i, row in rows.items() if row.last_at and row.last_at < noon.replace(hour=0)]
    assert found(floor, "before:2026-01-01") == early == []
    assert len(found(floor, "after:2026-01-01")) == len(found(floor, "before:today")) == 60
    assert found(floor, "after:today") == found(floor, "-before:2jan") == []


def test_company_stage_and_owner_are_those_of_linked_records(floor: Store) -> None:
    linked = {thread: (thread - 1) % 40 + 1 for thread in every(5, 1)}
    of_kind = {kind: [t for t, r in linked.items() if r % 4 == place] for place, kind in enumerate("CLAO")}
    assert of_kind["C"] and of_kind["O"]
    with floor.write() as unit:
        records.set_fields(unit, linked[of_kind["O"][0]], {"stage": "proposal"})
    assert found(floor, "stage:prop") == [t for t, r in linked.items() if r == linked[of_kind["O"][0]]]
    assert found(floor, 'stage:"proposal sent"') == found(floor, "stage:proposal")
    assert set(found(floor, "stage:new")) == set(of_kind["O"]) - set(found(floor, "stage:proposal"))
    assert found(floor, "owner:nord") == list(linked) and found(floor, "owner:ola") == []
    account = next(r for r in linked.values() if r % 4 == 2)
    assert set(found(floor, f'company:"acme {account}"')) == {
        t for t, r in linked.items() if r in (account, account + 1, account - 2)
    }
    lead = next((r for r in linked.values() if r % 4 == 1), 0)
    assert set(found(floor, f'company:"Acme {lead}"')) >= {t for t, r in linked.items() if r == lead}
    assert not set(found(floor, "-owner:kari")) & set(linked)


def test_common_words_and_rare_operators(floor: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = found(floor, "hello")
    asked = ("hello is:linked", "hello has:attachment", "hello from:kari owner:kari", "hello -w14", "is:linked -hello")
    exact = [found(floor, text) for text in asked]
    monkeypatch.setattr(searched_threads, "MOST_HITS", 10)
    assert [found(floor, text) for text in asked] == exact
    assert everything[:5] == found(floor, "hello")[:5]  # the newest of what is too much
    monkeypatch.setattr(searched_threads, "MOST_LEFT", 5)
    assert found(floor, "hello is:linked") == exact[0][:5]


def test_the_senders_words_follow_a_stored_mail(floor: Store) -> None:
    with floor.write() as unit:
        unit.execute(message_texts.update().where(message_texts.c.message_id == 5).values(sender="øyvind o@x.example"))
        refresh_threads(unit, [3])
    assert found(floor, "from:øyvind") == found(floor, "øyv") == [3]
    with floor.read() as unit:
        assert unit.execute(sa.select(sa.func.count()).select_from(message_texts)).scalar_one() == 120

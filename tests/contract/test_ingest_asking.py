"""Mail of a known person with several open deals, on both databases: who is linked, which deal is asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from agent.ingest import ingest_page
from agent.rules import Place, Rules
from agent.summary import Tally
from crm_model.mail import MailboxRole, Outcome, RawMessage
from crm_model.organisation import Organisation
from crm_model.records import RecordKind
from sync import edits, queries
from sync.mailboxes.contract import Folder, MailPage
from sync.store import mailboxes, records
from sync.store.database import Store
from sync.views import Mailview, SuggestionView

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
RULES = Rules(organisation=Organisation(name="Nordvik", domains=frozenset({"nordvik.example"})))


class Desk:
    """A shop with two open deals, its buyer, and an inbox that her mail comes to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.write() as unit:
            state = mailboxes.open_mailbox(
                unit, mailboxes.open_account(unit, "work", "maildir"), Folder("inbox", "Inbox", MailboxRole.INBOX)
            )
            self.shop = records.insert_local(unit, "local", RecordKind.ACCOUNT, {"name": "Bygg"})
            of_shop = {"account_id": f"local:{self.shop}"}
            self.kari = records.insert_local(
                unit, "local", RecordKind.CONTACT, {"last_name": "Lund", "email": "kari@bygg.example", **of_shop}
            )
            self.signs, self.labels = (
                records.insert_local(
                    unit, "local", RecordKind.OPPORTUNITY, {"name": name, "stage": "proposal", **of_shop}
                )
                for name in ("Skilt til ny butikk NV-2611", "Etikettskriver NV-2612")
            )
        self.place = Place(state.id, MailboxRole.INBOX)

    def take(self, *mails: tuple[str, str], age: timedelta = timedelta(hours=1)) -> Tally:
        """One page of mail of one conversation, each of a number and a text."""
        tally = Tally()
        raws = tuple(_raw(number, text, NOW - age) for number, text in mails)
        ingest_page(self.store, self.place, MailPage("1", raws, "c", more=True), RULES, tally, now=NOW)
        return tally

    @property
    def thread(self) -> int:
        (found,) = queries.thread_ids(self.store, Mailview.ALL)
        return found

    @property
    def linked(self) -> set[int]:
        return {link.record_id for link in queries.conversation(self.store, self.thread).links}

    @property
    def asked(self) -> SuggestionView | None:
        return queries.conversation(self.store, self.thread).suggestion

    @property
    def choices(self) -> list[int]:
        return [candidate.record_id for candidate in self.asked.candidates] if self.asked else []


def _raw(number: str, text: str, at: datetime) -> RawMessage:
    chain = "References: <1@bygg.example>\r\nIn-Reply-To: <1@bygg.example>\r\n" if number != "1" else ""
    data = (
        f"From: Kari Lund <kari@bygg.example>\r\nTo: sales@nordvik.example\r\nSubject: Hei\r\n"
        f"Message-ID: <{number}@bygg.example>\r\n{chain}Date: {at:%a, %d %b %Y %H:%M:%S} +0000\r\n\r\n{text}"
    ).encode()
    return RawMessage(number, data, len(data), frozenset(), at)


@pytest.fixture
def desk(any_store: Store) -> Desk:
    return Desk(any_store)


def test_person_and_account_are_linked_and_the_deal_is_asked(desk: Desk) -> None:
    tally = desk.take(("1", "Ring meg."))
    assert tally.outcomes[Outcome.LINKED] == 1
    assert desk.linked == {desk.kari, desk.shop}
    assert desk.choices == [desk.labels, desk.signs]
    assert desk.asked is not None
    assert desk.asked.about_deal
    assert list(queries.thread_ids(desk.store, Mailview.SUGGESTED)) == [desk.thread]
    assert queries.thread_rows(desk.store, [desk.thread])[desk.thread].linked


def test_choosing_one_links_it_beside_the_person_and_is_undone(desk: Desk) -> None:
    desk.take(("1", "Ring meg."))
    assert desk.asked is not None
    edits.accept_suggestion(desk.store, desk.asked.id, "ola", record_id=desk.signs, crm="local")
    assert (desk.linked, desk.asked) == ({desk.kari, desk.shop, desk.signs}, None)
    edits.undo(desk.store, None, "ola")
    assert (desk.linked, desk.choices) == ({desk.kari, desk.shop}, [desk.labels, desk.signs])


def test_no_keeps_the_person_and_is_not_asked_again(desk: Desk) -> None:
    desk.take(("1", "Ring meg."))
    assert desk.asked is not None
    edits.reject_suggestion(desk.store, desk.asked.id, "ola")
    desk.take(("2", "Ring meg igjen."))
    assert (desk.linked, desk.asked) == ({desk.kari, desk.shop}, None)


def test_one_question_for_two_mails(desk: Desk) -> None:
    desk.take(("1", "Ring meg."))
    first = desk.asked
    desk.take(("2", "Ring meg igjen."))
    assert first is not None
    assert desk.asked == first


@pytest.mark.parametrize("cuts", [(0, 3), (0, 1, 3), (0, 2, 3), (0, 1, 2, 3)])
def test_how_mail_is_cut_into_pages_changes_nothing(desk: Desk, cuts: tuple[int, ...]) -> None:
    mails = [("1", "Ring meg."), ("2", "Ring meg igjen."), ("3", "Det gjelder NV-2611.")]
    for first, last in pairwise(cuts):
        desk.take(*mails[first:last])
    assert (desk.linked, desk.asked) == ({desk.kari, desk.shop, desk.signs}, None)


def test_a_link_by_hand_settles_it_if_it_is_a_deal(desk: Desk) -> None:
    desk.take(("1", "Ring meg."))
    with desk.store.write() as unit:
        friend = records.insert_local(unit, "local", RecordKind.CONTACT, {"last_name": "Moe"})
        old = records.insert_local(unit, "local", RecordKind.OPPORTUNITY, {"name": "Gammelt", "stage": "won"})
    edits.link_thread(desk.store, desk.thread, friend, "ola")
    assert desk.choices == [desk.labels, desk.signs]
    edits.link_thread(desk.store, desk.thread, old, "ola")
    assert desk.asked is None
    edits.undo(desk.store, None, "ola")
    assert desk.choices == [desk.labels, desk.signs]


def test_old_mail_is_linked_without_a_question(desk: Desk) -> None:
    desk.take(("1", "Ring meg."), age=timedelta(days=91))
    assert (desk.linked, desk.asked) == ({desk.kari, desk.shop}, None)

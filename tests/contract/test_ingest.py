"""Pages into the store, on both databases: every message one outcome, replays harmless, cursors with their data."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from agent.ingest import ingest_page
from agent.rules import Place, Rules
from agent.summary import Tally
from crm_model.mail import MailboxRole, RawMessage
from crm_model.organisation import Organisation
from sync.loop_guard import MOST_RECORDS
from sync.mailboxes.contract import Folder, MailPage
from sync.store import mail, mailboxes
from sync.store.database import Store
from sync.store.tables import copies, messages, outbox, quarantine, records, suggestions, threads
from sync.store.tables import mailboxes as mailboxes_table

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
RULES = Rules(organisation=Organisation(name="Nordvik", domains=frozenset({"nordvik.example"})))
ENQUIRY = (
    "Hei,\n\nVi trenger tilbud på en ny nettside for 12 ansatte. Kan dere sende pristilbud innen fredag?\n\n"
    "Vennlig hilsen\nKari Lund\nBygg AS\nTlf. 22 33 44 55\n"
)


def raw(uid: str, *, body: str = "Hei", flags: str = "", **headers: str) -> RawMessage:
    fields = {
        "From": "Kari Lund <kari@bygg.example>",
        "To": "sales@nordvik.example",
        "Subject": f"Mail {uid}",
        "Message-ID": f"<{uid}@bygg.example>",
        "Date": "Mon, 2 Mar 2026 08:00:00 +0000",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    data = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value) + "\r\n" + body
    return raw_bytes(uid, data.encode(), flags)


def raw_bytes(uid: str, data: bytes, flags: str = "") -> RawMessage:
    return RawMessage(uid, data, len(data), frozenset(flags.split()), NOW - timedelta(hours=1))


class Box:
    """An inbox that pages are put into."""

    def __init__(self, store: Store, rules: Rules = RULES) -> None:
        self.store, self.rules = store, rules
        with store.write() as unit:
            account = mailboxes.open_account(unit, "work", "maildir")
            state = mailboxes.open_mailbox(unit, account, Folder("inbox", "Inbox", MailboxRole.INBOX))
        self.place = Place(state.id, MailboxRole.INBOX)

    def take(self, *raws: RawMessage, now: datetime = NOW, generation: str = "1", **page: object) -> Tally:
        tally = Tally()
        given = {"cursor": "c", "more": True, **page}
        ingest_page(self.store, self.place, MailPage(generation, raws, **given), self.rules, tally, now=now)
        return tally

    def rows(self, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
        with self.store.read() as unit:
            return list(unit.execute(table.select()))


@pytest.fixture
def box(any_store: Store) -> Box:
    return Box(any_store)


def test_a_replayed_page_changes_nothing(box: Box) -> None:
    page = [raw("1"), raw("2", References="<1@bygg.example>"), raw("3")]
    first = box.take(*page)
    again = box.take(*page)
    assert sum(first.outcomes.values()) == 3
    assert not again.outcomes
    assert len(box.rows(messages)) == len(box.rows(copies)) == 3
    assert sum(row.message_count for row in box.rows(threads)) == 3


def test_one_message_in_two_folders_is_one_message(box: Box) -> None:
    box.take(raw("1"))
    with box.store.write() as unit:
        account = mailboxes.open_account(unit, "work", "maildir")
        archive = mailboxes.open_mailbox(unit, account, Folder("archive", "Archive", MailboxRole.ARCHIVE))
    box.place = Place(archive.id, MailboxRole.ARCHIVE)
    box.take(raw("1"), raw_bytes("x", raw("1").data.replace(b"\r\n", b"\n")))
    assert len(box.rows(messages)) == 1
    assert len(box.rows(copies)) == 3


def test_what_cannot_be_read_is_quarantined_with_its_bytes(box: Box) -> None:
    tally = box.take(raw("1"), raw_bytes("bad", b""), raw("2"))
    assert tally.outcomes["quarantined"] == 1
    assert [row.raw for row in box.rows(quarantine)] == [b""]
    assert len(box.rows(messages)) == 3


def test_a_value_that_the_database_refuses_does_not_stop_the_page(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    import agent.page_reads

    parse = agent.page_reads.parse_message

    def with_surrogate(given: RawMessage) -> object:
        from dataclasses import replace

        message = parse(given)
        return replace(message, subject="\ud800") if given.uid == "2" else message

    monkeypatch.setattr(agent.page_reads, "parse_message", with_surrogate)
    tally = box.take(raw("1"), raw("2"), raw("3"))
    assert tally.outcomes["quarantined"] == 1
    assert sum(tally.outcomes.values()) == 3
    assert [row.raw for row in box.rows(quarantine)] == [raw("2").data]


def test_a_failed_uid_is_accounted_for_and_replaced_when_it_comes(box: Box) -> None:
    box.take(raw("1"), failed={"2": "the server said NO"})
    assert Counter(row.outcome for row in box.rows(messages))["failed"] == 1
    box.take(failed={"2": "still NO"})
    assert len(box.rows(messages)) == 2
    box.take(raw("2", References="<1@bygg.example>"))
    assert "failed" not in {row.outcome for row in box.rows(messages)}
    assert [row.message_count for row in box.rows(threads)] == [2]


@pytest.mark.parametrize(
    "page",
    [
        {"removed": ("2",), "more": False},
        {"present": {"1"}, "more": False},
        {"generation": "2", "more": False},
    ],
    ids=["removed", "not listed", "renumbered"],
)
def test_what_left_before_it_could_be_fetched_is_waited_for_no_longer(box: Box, page: dict[str, object]) -> None:
    box.take(raw("1"), failed={"2": "the server said NO"})
    box.take(**page)
    with box.store.read() as unit:
        assert not mail.failures_due(unit, box.place.mailbox_id, "1", NOW + timedelta(days=1))
    assert [row.message_id for row in box.rows(messages)] == ["1@bygg.example"]
    assert len(box.rows(threads)) == 1


def test_flags_and_removals_follow_the_mailbox(box: Box) -> None:
    box.take(raw("1"), raw("2", flags="\\seen"), raw("3"))
    assert {row.unread_count for row in box.rows(threads)} == {0, 1}
    box.take(flags={"1": frozenset({"\\seen"}), "2": frozenset()}, removed=("3",))
    unread = {row.subject: row.unread for row in box.rows(messages)}
    assert unread == {"Mail 1": False, "Mail 2": True, "Mail 3": True}
    assert [row.uid for row in box.rows(copies) if row.removed_at] == ["3"]
    box.take(present={"1"})
    assert {row.uid for row in box.rows(copies) if row.removed_at} == {"2", "3"}
    box.take(raw("2"))
    assert {row.uid for row in box.rows(copies) if row.removed_at} == {"3"}
    box.take(present={"1", "2", "3"})
    assert not [row for row in box.rows(copies) if row.removed_at]


def test_a_new_generation_retires_the_old_uids_once_read(box: Box) -> None:
    box.take(raw("1"), raw("2"))
    box.take(raw_bytes("9", raw("1").data), generation="2", more=True)
    assert not [row for row in box.rows(copies) if row.removed_at]
    box.take(raw_bytes("10", raw("2").data), generation="2", more=False)
    assert len(box.rows(messages)) == 2
    assert {(row.generation, row.uid) for row in box.rows(copies) if not row.removed_at} == {("2", "9"), ("2", "10")}
    assert box.rows(mailboxes_table)[0].generation == "2"


def test_an_enquiry_is_suggested_once_and_its_reply_never_again(box: Box) -> None:
    tally = box.take(raw("1", body=ENQUIRY, Subject="Forespørsel om tilbud"))
    assert tally.leads_suggested == 1
    box.take(raw("2", body=ENQUIRY, Subject="SV: Forespørsel om tilbud", References="<1@bygg.example>"))
    (suggestion,) = box.rows(suggestions)
    assert suggestion.fields["email"] == "kari@bygg.example"
    assert not box.rows(records)


def test_auto_makes_a_lead_with_its_change_once(any_store: Store) -> None:
    box = Box(any_store, Rules(organisation=RULES.organisation, auto_leads=True))
    page = [raw("1", body=ENQUIRY, Subject="Forespørsel om tilbud")]
    assert box.take(*page).leads_created == 1
    box.take(*page)
    (lead,) = box.rows(records)
    creates = [row for row in box.rows(outbox) if row.kind == "create"]
    assert [row.record_id for row in creates] == [lead.id]
    old = Box(any_store, box.rules).take(
        raw("2", body=ENQUIRY, Subject="Tilbud", From="ola@fest.example"), now=NOW + timedelta(days=90)
    )
    assert (old.leads_created, old.leads_suggested) == (0, 1)


def form(uid: str) -> RawMessage:
    body = f"Navn: Person {uid}\nE-post: p{uid}@many.example\nMelding: Vi trenger tilbud på en ny nettside.\n"
    return raw(uid, From="Web <wordpress@nordvik.example>", Subject="Ny henvendelse fra skjema", body=body)


def test_one_sender_makes_no_flood_of_leads(any_store: Store) -> None:
    """Each filled-in form would be a lead of its own."""
    organisation = replace(RULES.organisation, form_senders=frozenset({"wordpress@nordvik.example"}))
    box = Box(any_store, Rules(organisation=organisation, auto_leads=True))
    for page in range(3):
        box.take(*(form(f"{page}{n}") for n in range(10)), now=NOW + timedelta(minutes=page))
    asked = box.rows(suggestions)
    assert [row.kind for row in box.rows(records)] == ["lead"] * MOST_RECORDS
    assert len(asked) == 30 - MOST_RECORDS
    assert asked[-1].reasons[0][0] == "loop_guard"
    box.take(form("later"), now=NOW + timedelta(hours=3))
    assert len(box.rows(records)) == MOST_RECORDS + 1


def test_a_newsletter_is_ignored_with_its_rule(box: Box) -> None:
    box.take(raw("1", body=ENQUIRY, List_Id="<news.shop.example>", List_Unsubscribe="<https://x.example>"))
    (row,) = box.rows(messages)
    assert (row.outcome, bool(row.rule), bool(row.reasons)) == ("ignored", True, True)
    assert [thread.noise for thread in box.rows(threads)] == [True]


def test_a_message_that_a_bug_failed_is_judged_when_it_is_read_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as bug:
        bug.setattr("agent.page_reads.judge", broken)
        assert box.take(raw("1")).outcomes == {"failed": 1}
    (failed,) = box.rows(messages)
    assert failed.retry_at is not None
    assert "failed" not in box.take(raw("1")).outcomes
    (row,) = box.rows(messages)
    assert row.outcome != "failed"
    assert [thread.message_count for thread in box.rows(threads)] == [1]

"""Gmail's labels: what is read at all, what becomes a flag, and what a person's wishes do to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from crm_model.errors import NotSupported
from crm_model.mail import MailboxChange, MailboxChangeKind
from sync.mailboxes.gmail import GMAIL
from sync.mailboxes.testing import Holding, letter, letters
from tests.fakes.gmail import FakeGmail, running_gmail

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ARCHIVE, UNARCHIVE = MailboxChange(MailboxChangeKind.ARCHIVE), MailboxChange(MailboxChangeKind.UNARCHIVE)


@pytest.fixture
def gmail() -> Iterator[FakeGmail]:
    with running_gmail() as server:
        yield server


@pytest.fixture
def holding() -> Holding:
    return Holding()


def read(gmail: FakeGmail, holding: Holding) -> Holding:
    holding.read_all(lambda: GMAIL.open(gmail.connection()))
    return holding


def apply(gmail: FakeGmail, change: MailboxChange, *uids: str, **options: bool) -> None:
    with closing(GMAIL.open(gmail.connection(**options))) as source:
        source.apply(source.folders()[0], gmail.mailbox.user, change, uids)


def add(label: str) -> MailboxChange:
    return MailboxChange(MailboxChangeKind.ADD_FLAG, label)


def take(label: str) -> MailboxChange:
    return MailboxChange(MailboxChangeKind.REMOVE_FLAG, label)


@pytest.mark.parametrize("label", ["SPAM", "TRASH", "DRAFT", "CHAT"])
def test_what_is_no_mail_or_unwanted_is_not_read(gmail: FakeGmail, holding: Holding, label: str) -> None:
    gmail.mailbox.deliver(letter(1), NOW, [label])
    read(gmail, holding)
    gmail.mailbox.deliver(letter(2), NOW, [label])
    assert not read(gmail, holding).held


@pytest.mark.parametrize("bare", [False, True])
def test_labels_are_flags_and_follow(gmail: FakeGmail, holding: Holding, bare: bool) -> None:
    gmail.bare_history = bare
    label = gmail.mailbox.make_label("To do / Urgent")
    uid = gmail.mailbox.deliver(letter(1), NOW, ["INBOX", "UNREAD", label, "CATEGORY_UPDATES"])
    read(gmail, holding)
    assert holding.flags[uid] == {"\\inbox", "to_do_/_urgent", "category_updates"}
    gmail.mailbox.modify(uid, add=["STARRED"], remove=["UNREAD", "INBOX", label])
    read(gmail, holding)
    assert holding.flags[uid] == {"\\seen", "\\flagged", "category_updates"}
    assert holding.delivered == [uid]


def test_a_label_that_nobody_lists_keeps_its_id(gmail: FakeGmail, holding: Holding) -> None:
    for number in range(3):
        gmail.mailbox.deliver(letter(number), NOW, ["Label_77"])
    read(gmail, holding)
    assert set(holding.flags.values()) == {frozenset({"\\seen", "label_77"})}
    assert len(gmail.server.took(path="/labels")) == 1


def test_the_bin_and_back(gmail: FakeGmail, holding: Holding) -> None:
    uid = gmail.mailbox.deliver(letter(1), NOW)
    read(gmail, holding)
    gmail.mailbox.trash(uid)
    assert not read(gmail, holding).held
    gmail.mailbox.modify(uid, add=["INBOX"], remove=["TRASH"])
    assert list(read(gmail, holding).held) == [uid]


def test_what_comes_out_of_the_bin_has_its_new_labels(gmail: FakeGmail) -> None:
    """A message that the store has keeps its old flags when it is delivered again: they must be told apart."""
    uid = gmail.mailbox.deliver(letter(1), NOW)
    holding = read(gmail, Holding())
    gmail.mailbox.trash(uid)
    gmail.mailbox.modify(uid, add=["STARRED"], remove=["TRASH", "UNREAD"])
    with closing(GMAIL.open(gmail.connection())) as source:
        folder, cursor, more, flags = source.folders()[0], holding.cursor, True, {}
        while more:
            page = source.fetch_page(folder, cursor, holding.known)
            cursor, more, flags = page.cursor, page.more, {**flags, **page.flags}
    assert flags == {uid: {"\\seen", "\\flagged"}}


def test_a_draft_becomes_mail_when_it_is_sent(gmail: FakeGmail, holding: Holding) -> None:
    read(gmail, holding)
    first = gmail.mailbox.save_draft(letter(1))
    second = gmail.mailbox.save_draft(letter(2), replaces=first)
    assert not read(gmail, holding).held
    gmail.mailbox.modify(second, add=["SENT"], remove=["DRAFT"])
    assert list(read(gmail, holding).held) == [second]
    assert "\\sent" in holding.flags[second]


def test_archiving_takes_the_inbox_away_and_back(gmail: FakeGmail, holding: Holding) -> None:
    uid = gmail.mailbox.deliver(letter(1), NOW)
    read(gmail, holding)
    for _ in range(2):
        apply(gmail, ARCHIVE, uid)
    assert gmail.mailbox.mails[uid].labels == {"UNREAD"}
    assert "\\inbox" not in read(gmail, holding).flags[uid]
    apply(gmail, UNARCHIVE, uid)
    assert "\\inbox" in read(gmail, holding).flags[uid]


def test_marks_and_labels_are_set_and_taken(gmail: FakeGmail) -> None:
    uid = gmail.mailbox.deliver(letter(1), NOW)
    for change in (add("\\seen"), add("\\flagged"), add("CRM/Lead"), add("\\answered")):
        apply(gmail, change, uid)
    (label,) = gmail.mailbox.labels
    assert gmail.mailbox.labels[label] == "CRM/Lead"
    assert gmail.mailbox.mails[uid].labels == {"INBOX", "STARRED", label}
    for change in (take("\\seen"), take("\\flagged"), take("crm/lead"), take("never-there")):
        apply(gmail, change, uid)
    assert gmail.mailbox.mails[uid].labels == {"INBOX", "UNREAD"}
    assert len(gmail.mailbox.labels) == 1


def test_many_at_once_though_some_are_gone(gmail: FakeGmail) -> None:
    uids = [gmail.mailbox.deliver(data, at) for data, at in letters(1_205)]
    gmail.mailbox.delete(uids[3])
    apply(gmail, add("\\seen"), *uids)
    assert not any("UNREAD" in mail.labels for mail in gmail.mailbox.mails.values())


@pytest.mark.parametrize("change", [MailboxChange(MailboxChangeKind.MOVE, "x"), add("\\odd"), add("x" * 300)])
def test_what_gmail_has_not_is_refused(gmail: FakeGmail, change: MailboxChange) -> None:
    uid = gmail.mailbox.deliver(letter(1), NOW)
    with pytest.raises(NotSupported):
        apply(gmail, change, uid)


def test_an_account_that_is_only_read_refuses_with_the_mend(gmail: FakeGmail) -> None:
    uid = gmail.mailbox.deliver(letter(1), NOW)
    with pytest.raises(NotSupported, match="sign-in mail"):
        apply(gmail, ARCHIVE, uid, read_only=True)
    assert "INBOX" in gmail.mailbox.mails[uid].labels

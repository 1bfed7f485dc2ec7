"""Sending through Gmail: once, into the right conversation, and found again when the answer was lost."""

from __future__ import annotations

import email
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import getaddresses

import pytest

from crm_model.errors import ConfigError, HitchpostError, LoginNeeded, NotSupported, RateLimited, Rejected, Unreachable
from crm_model.options import Connection
from sync.mailboxes.gmail import GMAIL, api
from sync.mailboxes.testing import letter
from sync.submission.contract import InDoubt, OutgoingMail, SentFolder, Submission
from sync.submission.testing import Arrived, SubmissionContract
from tests.fakes.gmail import FakeGmail, running_gmail
from tests.fakes.server import Fault, Reply, cut_answer, empty_500, lost_answer, too_many


@pytest.fixture
def gmail(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGmail]:
    monkeypatch.setattr(api, "sleep", lambda _: None)
    with running_gmail() as server:
        yield server


@pytest.fixture
def way(gmail: FakeGmail) -> Iterator[Submission]:
    assert GMAIL.open_submission is not None
    with closing(GMAIL.open_submission(gmail.connection())) as submission:
        yield submission


@pytest.fixture
def sent(gmail: FakeGmail) -> Iterator[SentFolder]:
    assert GMAIL.open_sent is not None
    with closing(GMAIL.open_sent(gmail.connection())) as folder:
        yield folder


class TestGmailSubmission(SubmissionContract):
    @pytest.fixture(autouse=True)
    def _server(self, gmail: FakeGmail) -> None:
        self.gmail = gmail

    def open(self) -> Submission:
        assert GMAIL.open_submission is not None
        return GMAIL.open_submission(self.gmail.connection())

    def arrived(self) -> Sequence[Arrived]:
        mails = [self.gmail.mailbox.mails[number].raw for number in self.gmail.sent]
        return [Arrived(tuple(address for _, address in getaddresses([_to(raw)])), raw) for raw in mails]


def _to(raw: bytes) -> str:
    return str(email.message_from_bytes(raw)["To"])


def mail(number: int = 1, answers: str = "", subject: str = "Tilbud") -> OutgoingMail:
    head = (
        f"From: kari@fjordlys.example\r\nTo: nina@dahl.example\r\nSubject: {subject}\r\nMessage-ID: <m{number}@hp>\r\n"
    )
    reply = f"In-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n" if answers else ""
    data = f"{head}{reply}\r\nHei Nina.\r\n".encode()
    return OutgoingMail(
        f"m{number}@hp", "kari@fjordlys.example", ("nina@dahl.example",), data, b"Bcc: a@b.example\r\n" + data
    )


def send(way: Submission, outgoing: OutgoingMail) -> list[str]:
    handed: list[str] = []
    way.send(outgoing, lambda: handed.append("over"))
    return handed


def test_a_mail_is_sent_once_with_bcc_and_stands_in_sent(gmail: FakeGmail, way: Submission, sent: SentFolder) -> None:
    assert not sent.holds("m1@hp")
    assert send(way, mail()) == ["over"]
    (number,) = gmail.sent
    assert b"Bcc: a@b.example" in gmail.mailbox.mails[number].raw
    assert gmail.mailbox.mails[number].labels == {"SENT"}
    assert way.saves_sent
    assert sent.holds("m1@hp")
    with pytest.raises(NotSupported):
        sent.keep(b"", datetime.now(UTC))


def test_an_answer_joins_the_conversation(gmail: FakeGmail, way: Submission) -> None:
    first = gmail.mailbox.deliver(letter(5), datetime.now(UTC))
    send(way, mail(answers="5@example.org", subject="Another subject"))
    assert gmail.mailbox.mails[gmail.sent[0]].thread_id == gmail.mailbox.mails[first].thread_id


def test_an_answer_to_what_gmail_does_not_have_begins_its_own(gmail: FakeGmail, way: Submission) -> None:
    send(way, mail(answers="gone@example.org"))
    assert gmail.mailbox.mails[gmail.sent[0]].thread_id == gmail.sent[0]


def test_a_conversation_that_goes_while_it_is_answered(
    gmail: FakeGmail, way: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = gmail.mailbox.deliver(letter(5), datetime.now(UTC))
    assert send(way, mail(answers="5@example.org", subject="Letter 5")) == ["over"]
    monkeypatch.setattr(api.Api, "find", lambda *_, **__: [{"id": first, "threadId": "18f0dead"}])
    assert send(way, mail(2, answers="5@example.org", subject="Letter 5")) == ["over"]
    assert len(gmail.sent) == 2


def test_another_sender_is_written_over_and_the_mail_still_found(
    gmail: FakeGmail, way: Submission, sent: SentFolder
) -> None:
    outgoing = mail()
    other = replace(outgoing, own_copy=outgoing.own_copy.replace(b"kari@fjordlys", b"sales@other"))
    send(way, other)
    assert b"From: kari@fjordlys.example" in gmail.mailbox.mails[gmail.sent[0]].raw
    assert sent.holds("m1@hp")


def test_a_new_message_id_is_told_and_ours_still_found(gmail: FakeGmail, way: Submission, sent: SentFolder) -> None:
    gmail.rename = True
    assert way.send(mail(), lambda: None).message_id == "renamed.m1@hp"
    assert sent.holds("m1@hp")
    assert not sent.holds("m2@hp")


def test_our_own_message_id_is_not_told(way: Submission) -> None:
    assert way.send(mail(), lambda: None).message_id == ""


@pytest.mark.parametrize("fault", [lost_answer, cut_answer, empty_500], ids=lambda make: make.__name__)
def test_a_lost_answer_is_a_doubt_and_sends_nothing_twice(
    gmail: FakeGmail, way: Submission, sent: SentFolder, fault: type[Fault]
) -> None:
    gmail.rename = True
    carried = fault(path="/send", carried_out=True) if fault is empty_500 else fault(path="/send")
    gmail.server.fail(carried)
    with pytest.raises(InDoubt):
        send(way, mail())
    assert len(gmail.sent) == 1
    assert sent.holds("m1@hp")


def test_a_token_that_died_is_replaced_and_the_mail_sent_once(gmail: FakeGmail, way: Submission) -> None:
    way.check()
    gmail.oauth.expire_access()
    assert send(way, mail()) == ["over"]
    assert len(gmail.sent) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (too_many(path="/send", retry_after=7200), RateLimited),
        (
            Fault(Reply(400, {"error": {"code": 400, "errors": [{"reason": "invalidArgument"}]}}), path="/send"),
            Rejected,
        ),
    ],
)
def test_a_refused_mail_did_not_leave(
    gmail: FakeGmail, way: Submission, fault: Fault, error: type[HitchpostError]
) -> None:
    gmail.server.fail(fault)
    with pytest.raises(error) as caught:
        send(way, mail())
    assert not gmail.sent
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after_seconds == 7200


def test_nothing_leaves_when_the_store_cannot_note_it(gmail: FakeGmail, way: Submission) -> None:
    def fails() -> None:
        raise Unreachable("the database is gone")

    with pytest.raises(Unreachable):
        way.send(mail(), fails)
    assert not gmail.server.took("POST", "/send")


def test_a_mail_that_is_too_large_is_refused_before_it_leaves(gmail: FakeGmail, way: Submission) -> None:
    large = OutgoingMail("m1@hp", "", (), b"", b"x" * 36_700_160)
    with pytest.raises(Rejected, match="35 MB"):
        send(way, large)
    assert not gmail.server.took("POST", "/send")


def test_a_dead_sign_in(gmail: FakeGmail, way: Submission) -> None:
    gmail.oauth.revoke()
    with pytest.raises(LoginNeeded, match="sign-in mail"):
        way.check()


def test_an_address_without_tls_is_refused(gmail: FakeGmail) -> None:
    old = gmail.connection()
    plain = Connection(old.name, old.kind, {**old.options, "api_url": "http://gmail.example"}, old.secret)
    assert GMAIL.open_submission is not None
    with pytest.raises(ConfigError, match="http"):
        GMAIL.open_submission(plain)

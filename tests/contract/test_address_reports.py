"""Mail that came back, from the page that brings the bounce to what a writer sees, on both databases."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta

import pytest

from agent.ingest import ingest_page
from agent.rules import Place, Rules
from agent.summary import Tally
from crm_model.bounces import Absence, BounceClass, BounceReport, FailedRecipient, Standing
from crm_model.mail import MailboxRole, RawMessage
from crm_model.organisation import Organisation
from crm_model.records import RecordKind
from sync.composing.draft import Draft
from sync.mailboxes.contract import Folder, MailPage
from sync.store import address_reports, deliveries, mailboxes, outgoing, record_views
from sync.store import records as record_rows
from sync.store.database import Store
from sync.store.outgoing import Recipient
from sync.store.tables import messages

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
RULES = Rules(organisation=Organisation(name="Nordvik", domains=frozenset({"nordvik.example"})))
OLA = "ola@bygg.example"
MAIL = (
    "From: kari@nordvik.example\r\nTo: ola@bygg.example\r\nSubject: Tilbud\r\nMessage-ID: <offer@nordvik.example>\r\n"
    "Date: Tue, 1 Dec 2026 08:00:00 +0000\r\n\r\nHei Ola\r\n"
)


def bounce(number: int = 1, code: str = "5.1.1", words: str = "550 user unknown", about: str = MAIL) -> str:
    return (
        f"From: MAILER-DAEMON@bygg.example\r\nTo: kari@nordvik.example\r\nSubject: Undelivered\r\n"
        f"Message-ID: <b{number}@bygg>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {OLA}\r\nAction: failed\r\nStatus: {code}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{about}\r\n--b--\r\n"
    )


class Desk:
    """An account with a Sent folder and an inbox."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.count = 0
        with store.write() as unit:
            account = mailboxes.open_account(unit, "work", "maildir")
            self.places = {
                role: Place(mailboxes.open_mailbox(unit, account, Folder(role.value, role.value, role)).id, role)
                for role in (MailboxRole.INBOX, MailboxRole.SENT)
            }

    def take(self, text: str, role: MailboxRole = MailboxRole.INBOX, *, age: timedelta = timedelta(hours=1)) -> None:
        self.count += 1
        data = text.encode()
        raw = RawMessage(str(self.count), data, len(data), frozenset(), NOW - age)
        page = MailPage("1", (raw,), cursor="c", more=True)
        ingest_page(self.store, self.places[role], page, RULES, Tally(), now=NOW)

    def standing(self, address: str = OLA, now: datetime = NOW) -> Standing:
        with self.store.read() as unit:
            found = address_reports.states_of(unit, [address], now).get(address)
        return found.standing if found else Standing.OK


@pytest.fixture
def desk(any_store: Store) -> Desk:
    found = Desk(any_store)
    found.take(MAIL, MailboxRole.SENT, age=timedelta(hours=2))
    return found


def test_a_hard_bounce_marks_the_address_and_the_record_that_has_it(desk: Desk) -> None:
    with desk.store.write() as unit:
        record = record_rows.insert_local(unit, "local", RecordKind.CONTACT, {"name": "Ola", "email": OLA})
    desk.take(bounce())
    assert desk.standing() is Standing.HARD
    with desk.store.read() as unit:
        (state,) = record_views.record_view(unit, record).addresses
    assert (state.standing, state.reason) == (Standing.HARD, "550 user unknown")
    assert "does not work" in state.doubt


def test_a_bounce_of_mail_that_we_did_not_send_means_nothing(desk: Desk) -> None:
    desk.take(bounce(about=MAIL.replace("offer@", "forged@")))
    assert desk.standing() is Standing.OK
    desk.take(bounce(2).replace(f"rfc822; {OLA}", "rfc822; victim@else.example").replace("To: ola@bygg", "To: bo@bygg"))
    assert desk.standing("victim@else.example") is Standing.OK


def test_a_mail_that_came_in_our_name_is_none_that_we_sent(desk: Desk) -> None:
    """Whoever forges the bounce can send us the mail that it returns beforehand."""
    forged = MAIL.replace("offer@", "forged@")
    desk.take(forged)
    desk.take(bounce(about=forged))
    assert desk.standing() is Standing.OK


def test_a_bounce_counts_in_one_page_with_the_mail_that_it_returns(any_store: Store) -> None:
    desk = Desk(any_store)
    texts = [MAIL.encode(), bounce().encode()]
    raws = tuple(RawMessage(str(at), text, len(text), frozenset(), NOW) for at, text in enumerate(texts))
    with any_store.write() as unit:
        account = mailboxes.open_account(unit, "all", "maildir")
        place = Place(mailboxes.open_mailbox(unit, account, Folder("all", "all", MailboxRole.ALL)).id, MailboxRole.ALL)
    ingest_page(any_store, place, MailPage("1", raws, cursor="c", more=True), RULES, Tally(), now=NOW)
    assert desk.standing() is Standing.HARD


def test_one_that_was_passed_on_bounces_for_whom_we_wrote_to(desk: Desk) -> None:
    desk.take(bounce().replace(f"rfc822; {OLA}", "rfc822; hidden@inside.example"))
    assert desk.standing() is Standing.HARD


def test_the_same_bounce_twice_is_one(desk: Desk) -> None:
    for _ in range(2):
        desk.take(bounce(code="4.2.2", words="452 mailbox full"))
    assert desk.standing() is Standing.SOFT


def test_soft_bounces_add_up_and_fade(desk: Desk) -> None:
    for number in range(address_reports.SOFT_LIMIT):
        assert desk.standing() is (Standing.SOFT if number else Standing.OK)
        desk.take(bounce(number, "4.2.2", "452 mailbox full"), age=timedelta(minutes=50 - number))
    assert desk.standing() is Standing.HARD
    assert desk.standing(now=NOW + address_reports.SOFT_WINDOW) is Standing.OK


def test_a_block_is_told_and_suppresses_nobody(desk: Desk) -> None:
    desk.take(bounce(code="5.7.1", words="554 5.7.1 blocked as spam"))
    assert desk.standing() is Standing.BLOCKED


def test_who_writes_again_has_an_address_that_works(desk: Desk) -> None:
    desk.take(bounce())
    desk.take(
        f"From: {OLA}\r\nTo: kari@nordvik.example\r\nMessage-ID: <back@bygg>\r\nSubject: Hei\r\n\r\nHei",
        age=timedelta(0),
    )
    assert desk.standing() is Standing.OK


def test_the_mail_itself_says_that_it_came_back(desk: Desk) -> None:
    with desk.store.write() as unit:
        message_id = unit.execute(messages.select().with_only_columns(messages.c.id)).scalar_one()
        mail = outgoing.insert(unit, "offer@nordvik.example", Draft(account="work", to=OLA), author="Kari", now=NOW)
        sent = outgoing.pack_recipients([Recipient(OLA, "sent")])
        outgoing.change(unit, mail, state="sent", sent_at=NOW, message_id=message_id, recipients=sent)
    desk.take(bounce())
    with desk.store.read() as unit:
        delivery = deliveries.of_messages(unit, [message_id])[message_id]
    assert delivery.refused == ((OLA, "550 user unknown"),)
    assert delivery.error.startswith(f"Came back from {OLA}: the address does not work")


def test_an_automatic_answer_tells_when_somebody_is_back(desk: Desk) -> None:
    desk.take(
        f"From: {OLA}\r\nTo: kari@nordvik.example\r\nSubject: Automatic reply: Tilbud\r\n"
        "Auto-Submitted: auto-replied\r\nMessage-ID: <away@bygg>\r\nIn-Reply-To: <offer@nordvik.example>\r\n\r\n"
        "I am away until 14 December 2026.\r\n"
    )
    with desk.store.read() as unit:
        state = address_reports.states_of(unit, [OLA], NOW)[OLA]
    assert (state.standing, state.back_on and state.back_on.isoformat()) == (Standing.OK, "2026-12-15")
    assert state.doubt == f"{OLA} is away and back on 2026-12-15."


def absence(words: str, answers: str = "", subject: str = "Automatic reply", sender: str = OLA) -> str:
    named = f"In-Reply-To: <{answers}>\r\n" if answers else ""
    return (
        f"From: {sender}\r\nTo: kari@nordvik.example\r\nSubject: {subject}\r\nAuto-Submitted: auto-replied\r\n"
        f"Message-ID: <{zlib.crc32(f'{words}{answers}{subject}'.encode())}@bygg>\r\n{named}\r\n{words}\r\n"
    )


GONE = "I no longer work at Bygg AS. Please write to post@bygg.example."
AWAY = "I am away until 14 December 2026."


@pytest.mark.parametrize(
    ("mail", "left", "away"),
    [
        (absence(GONE, "offer@nordvik.example"), True, False),
        (absence(AWAY, subject="Re: Tilbud"), False, True),  # names no mail, but is about ours
        (absence(GONE, subject="Re: Tilbud"), False, False),  # which anybody can write
        (absence(f"{GONE} {AWAY}"), False, False),
        (absence(f"{GONE} {AWAY}", "guessed@nordvik.example"), False, False),
    ],
)
def test_what_an_automatic_answer_says_counts_where_we_wrote_to_its_sender(
    desk: Desk, mail: str, left: bool, away: bool
) -> None:
    desk.take(mail)
    with desk.store.read() as unit:
        state = address_reports.states_of(unit, [OLA], NOW).get(OLA)
    assert (state is not None and state.left, state is not None and state.back_on is not None) == (left, away)


def test_nobody_can_say_of_somebody_else_that_they_left(desk: Desk) -> None:
    """Whoever got a mail of ours knows its Message-ID; it went to them alone."""
    victim = "eva@else.example"
    desk.take(MAIL.replace("offer@", "other@").replace(OLA, victim), MailboxRole.SENT)
    desk.take(absence(f"{GONE} {AWAY}", "offer@nordvik.example", sender=victim))
    with desk.store.read() as unit:
        assert not address_reports.states_of(unit, [victim], NOW)


def test_erasing_forgets_what_came_back(desk: Desk) -> None:
    desk.take(bounce())
    with desk.store.write() as unit:
        address_reports.forget(unit, OLA)
    assert desk.standing() is Standing.OK


def test_nothing_is_kept_of_an_answer_that_says_nothing(desk: Desk) -> None:
    with desk.store.write() as unit:
        address_reports.add_absence(unit, 1, OLA, Absence(), NOW, answers=())
        report = BounceReport((FailedRecipient(OLA, BounceClass.HARD),), ())
        assert address_reports.add_bounce(unit, 1, report, NOW) == ()
    assert desk.standing() is Standing.OK

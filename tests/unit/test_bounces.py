"""Bounces of many shapes, composed: recipients, class, and the mail that came back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.bounces import read_bounce
from agent.bounces.absence import read_absence
from agent.bounces.classes import classify
from crm_model.bounces import BounceClass

HEAD = "From: MAILER-DAEMON@mx.firma.test\r\nTo: kari@us.test\r\nSubject: Undelivered\r\n"
RETURNED = "Message-ID: <one@us.test>\r\nFrom: kari@us.test\r\nTo: ola@kunde.test\r\nSubject: Tilbud\r\n\r\nHei\r\n"


def report(fields: str, notice: str = "It failed.", returned: str = RETURNED) -> bytes:
    return (
        f'{HEAD}MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{notice}\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.firma.test\r\n\r\n{fields}\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{returned}--b--\r\n"
    ).encode()


def worded(notice: str, returned: str = RETURNED) -> bytes:
    return f"{HEAD}\r\n{notice}\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n{returned}".encode()


def told(data: bytes) -> list[tuple[str, str]]:
    return [(each.address, each.bounce.value) for each in read_bounce(data).recipients]


def status(action: str, code: str, diagnostic: str = "", address: str = "ola@kunde.test") -> str:
    return (
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {code}\r\n"
        + (f"Diagnostic-Code: smtp; {diagnostic}\r\n" if diagnostic else "")
        + "\r\n"
    )


@pytest.mark.parametrize(
    ("fields", "bounce"),
    [
        (status("failed", "5.1.1", "550 5.1.1 user unknown"), "hard"),
        (status("failed", "5.0.0", "550 No such user here"), "hard"),
        (status("failed", "5.2.2", "552 5.2.2 mailbox full"), "soft"),
        (status("failed", "5.7.1", "554 5.7.1 rejected as spam"), "block"),
        (status("failed", "5.7.26", "550 5.7.26 unauthenticated, DMARC"), "block"),
        (status("delayed", "4.4.1", "connection timed out"), "delayed"),
        (status("failed", "4.4.7", "delivery time expired"), "soft"),
        (status("failed", "5.4.4", "Host or domain name not found"), "hard"),
    ],
)
def test_rfc_3464(fields: str, bounce: str) -> None:
    assert told(report(fields)) == [("ola@kunde.test", bounce)]


def test_rfc_3464_of_several_and_of_those_it_reached() -> None:
    fields = (
        status("delivered", "2.0.0", address="per@kunde.test")
        + status("failed", "5.1.1")
        + status("failed", "5.2.2", address="bo@kunde.test")
    )
    assert told(report(fields)) == [("ola@kunde.test", "hard"), ("bo@kunde.test", "soft")]
    assert told(report(status("relayed", "2.0.0"))) == []


def test_the_address_that_we_wrote_to_goes_before_the_one_it_went_on_to() -> None:
    fields = "Original-Recipient: rfc822; ola@kunde.test\r\n" + status("failed", "5.1.1", address="x@elsewhere.test")
    assert told(report(fields)) == [("ola@kunde.test", "hard")]


def test_the_mail_that_came_back() -> None:
    assert read_bounce(report(status("failed", "5.1.1"))).about == ("one@us.test",)
    ours = "X-Hitchpost-ID: <ours@us.test>\r\n" + RETURNED
    assert read_bounce(report(status("failed", "5.1.1"), returned=ours)).about == ("ours@us.test", "one@us.test")
    assert read_bounce(worded("<ola@kunde.test>: no such user")).about == ("one@us.test",)


@pytest.mark.parametrize(
    ("notice", "bounce"),
    [
        ("I'm afraid it failed.\n\n<ola@kunde.test>:\nRemote host said: 550 no mailbox here by that name", "hard"),
        ("The following address(es) failed:\n\n  ola@kunde.test\n    552 mailbox is full", "soft"),
        (
            "Delivery to the following recipient failed permanently:\n\n     ola@kunde.test\n\n550 5.1.1 User unknown",
            "hard",
        ),
        ("Unknown user: ola@kunde.test\n\n550 addressee unknown", "hard"),
        (
            "There was an error delivering your mail to <ola@kunde.test>.\n554 5.7.1 Access denied, blocked by RBL",
            "block",
        ),
        ("Доставка не удалась:\n\n  ola@kunde.test\n    пользователь не найден", "hard"),
        ("Zustellung verzögert:\n\n  ola@kunde.test\n", "delayed"),
        ("This is a warning message only.\nYou do not need to resend.\n\n  ola@kunde.test\n", "delayed"),
    ],
)
def test_by_words(notice: str, bounce: str) -> None:
    assert told(worded(notice)) == [("ola@kunde.test", bounce)]


def test_by_words_of_several_each_with_its_own_reason() -> None:
    notice = "Failed:\n\n  ola@kunde.test\n    550 user unknown\n  bo@kunde.test\n    552 over quota\n"
    assert told(worded(notice)) == [("ola@kunde.test", "hard"), ("bo@kunde.test", "soft")]


def test_x_failed_recipients() -> None:
    data = worded("It could not be delivered: user unknown").replace(
        b"\r\n\r\n", b"\r\nX-Failed-Recipients: ola@kunde.test\r\n\r\n", 1
    )
    assert told(data) == [("ola@kunde.test", "hard")]


def test_a_notice_without_an_address_is_about_the_only_recipient() -> None:
    assert told(worded("Your mail could not be delivered: no such user.")) == [("ola@kunde.test", "hard")]


def test_we_are_never_the_recipient() -> None:
    assert told(worded("Mail of kari@us.test could not be delivered: unknown user <ola@kunde.test>")) == [
        ("ola@kunde.test", "hard")
    ]


@pytest.mark.parametrize(
    ("code", "words", "bounce"),
    [
        ("5.1.0", "5.1.0 unknown address error 550-'5.7.1 message refused, spam'", BounceClass.BLOCK),
        ("5.1.1", "", BounceClass.HARD),
        ("", "421 try again later", BounceClass.SOFT),
        ("", "550", BounceClass.HARD),
        ("5.6.0", "improper header", BounceClass.BLOCK),
    ],
)
def test_classes(code: str, words: str, bounce: BounceClass) -> None:
    assert classify(code, words) is bounce


@settings(deadline=None)  # guessing charsets loads its tables at first
@given(st.binary(max_size=400), st.integers(0, 600))
def test_whatever_comes_is_read(junk: bytes, place: int) -> None:
    read_bounce(junk)
    data = report(status("failed", "5.1.1"))
    read_bounce(data[:place] + junk + data[place:])


@pytest.mark.parametrize(
    ("text", "back_on"),
    [
        ("I am out of office until 14 December 2026.", date(2026, 12, 15)),
        ("I'll be back on January 4.", date(2027, 1, 4)),
        ("Jeg er tilbake 7. desember.", date(2026, 12, 7)),
        ("Jag är åter den 11/12", date(2026, 12, 11)),
        ("Ich bin bis zum 18.12.2026 nicht im Büro.", date(2026, 12, 19)),
        ("Rientro il 9 dicembre.", date(2026, 12, 9)),
        ("Меня нет до 20 декабря.", date(2026, 12, 21)),
        ("Back on 2026-12-24", date(2026, 12, 24)),
        ("I am away. Call the office.", None),
        ("Until 31 February 2027 I am away", None),
        ("We moved to 5 Main Street in 1999", None),
    ],
)
def test_absences(text: str, back_on: date | None) -> None:
    assert read_absence(text, date(2026, 12, 1)).back_on == back_on


def test_somebody_who_left() -> None:
    assert read_absence("Kari har sluttet hos oss.", date(2026, 12, 1)).left
    assert not read_absence("Kari er på ferie.", date(2026, 12, 1)).left


@given(st.text(max_size=200))
def test_whatever_an_absence_says(text: str) -> None:
    read_absence("until " + text, date(2026, 12, 1))

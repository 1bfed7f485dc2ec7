"""Texts of activities go to vtiger and come back: bodies, Message-IDs, marks, places among the changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_adapters.vtiger import marks
from crm_adapters.vtiger.cursor import Place, place_of
from crm_adapters.vtiger.mail_text import addresses, comment_text, mail_html, plain_text, read_comment, read_mail
from crm_model.errors import CursorExpired
from crm_model.records import Activity, ActivityKind, RecordKind

_AT = datetime(2026, 11, 22, 9, 0, 5, tzinfo=UTC)
_LINES = st.text(
    st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_categories=("Cc", "Zl", "Zp")), max_size=30
)


def _mail(body: str, message_id: str = "<m1@x.example>") -> Activity:
    about = ((RecordKind.LEAD, "10x7"),)
    return Activity(
        ActivityKind.EMAIL, "Quote", _AT, about, body=body, message_id=message_id, sender="Ada <ada@x.example>",
        in_reply_to="<m0@x.example>", direction="in",
    )  # fmt: skip


@given(st.lists(_LINES, max_size=5).map("\n".join))
def test_the_text_of_an_e_mail_reads_back(body: str) -> None:
    text, foot = read_mail(mail_html(_mail(body)))
    assert text == body.strip("\n")
    assert foot == {"message_id": "<m1@x.example>", "in_reply_to": "<m0@x.example>", "sender": "Ada <ada@x.example>"}


@given(st.lists(_LINES, max_size=5).map("\n".join))
def test_an_e_mail_in_a_comment_reads_back(body: str) -> None:
    read = read_comment(comment_text(_mail(body), with_head=True), ours=True)
    assert (read.kind, read.subject, read.at, read.direction) == (ActivityKind.EMAIL, "Quote", _AT, "in")
    assert read.body == body.strip("\n")
    assert read.foot is not None
    assert read.foot["message_id"] == "<m1@x.example>"


def test_a_comment_of_somebody_else_is_a_note_whatever_it_says() -> None:
    read = read_comment("E-mail in, 2026-11-22 09:00:00 UTC: Quote\n\nText", ours=False)
    assert read.kind is ActivityKind.NOTE


def test_foreign_html_becomes_text() -> None:
    assert plain_text("<style>x{}</style><p>Hello <b>Mary</b></p><p>a &lt; b</p>") == "Hello Mary\na < b"
    assert plain_text("plain") == "plain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('["a@x","b@y"]', ("a@x", "b@y")),
        ('[""]', ()),
        ("a@x, b@y", ("a@x", "b@y")),
        ("[broken", ("[broken",)),
        ("", ()),
    ],
)
def test_recipients_come_back_as_json(text: str, expected: tuple[str, ...]) -> None:
    assert addresses(text) == expected


def test_marks_say_what_they_are_for() -> None:
    assert marks.lead_in(marks.for_lead("10x77", "key")) == ("77", marks.digest("key"))
    assert marks.lead_in(marks.for_record("key")) == ("", "")
    entry = marks.for_entry("mail <m@x>", "10x7", "key")
    assert entry.startswith(marks.entries_on("mail <m@x>", "10x7"))
    family = marks.family_of(entry)
    assert family is not None
    other = marks.for_entry("mail <m@x>", "13x8", "key")
    assert other.startswith(family[0])
    assert other.endswith(family[1])
    assert marks.family_of(marks.for_record("key")) is None
    assert len(marks.for_entry("x", f"{10**9}x{10**12}", "key")) <= 100
    assert entry == entry.upper()


def test_a_place_reads_back_and_a_foreign_one_is_expired() -> None:
    place = Place(RecordKind.LEAD, "2026-11-22 09:00:00", "10x7", 5, {"10x7": "2026-11-22 09:00:00 ab"}, 17, ("10x3",))
    assert place_of(RecordKind.LEAD, place.text()) == place
    for cursor in (place.text().replace("lead", "contact"), "{}", "[]", '{"kind":"lead"}', "null", "9" * 5000):
        with pytest.raises(CursorExpired):
            place_of(RecordKind.LEAD, cursor)


def test_what_was_told_is_forgotten_when_it_can_t_come_again() -> None:
    place = Place(RecordKind.LEAD, "2026-11-22 09:10:00", "10x9")
    told = place.told_also({"10x1": "2026-11-22 09:00:00 a", "10x9": "2026-11-22 09:09:30 b"}, timedelta(minutes=2))
    assert list(told.told) == ["10x9"]
    many = {f"10x{number}": f"2026-11-22 09:10:00 {number}" for number in range(2_000)}
    assert len(place.told_also(many, timedelta(minutes=2)).told) == 500

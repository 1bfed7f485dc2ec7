"""Placeholders: what is known is filled in, what is missing stops the mail, nothing is filled twice."""

from __future__ import annotations

import pytest

from crm_model.errors import NotSupported, Rejected
from crm_model.mail import Address
from sync.composing.checks import check_draft, read_file
from sync.composing.draft import Desk, Draft, DraftFile, DraftKind, Identity, Template, pack_draft, unpack_draft
from sync.composing.templates import fill_template

ME = Identity("work", Address("kari@fjord.example", "Kari"))
DESK = Desk(identities=(ME,))


def filled(text: str, **values: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    found = fill_template(Template("t", text), values)
    return found.text, found.unfilled


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hei {{person.first_name}}!", "Hei Ola!"),
        ("{{ contact.first_name }} {{LEAD.last_name}}", "Ola Berg"),
        ("Hei {{person.nickname|du}}!", "Hei du!"),
        ("{{person.first_name|du}}", "Ola"),
        ("{not a placeholder} {{ }} {{x}}", "{not a placeholder} {{ }} {{x}}"),
    ],
)
def test_fills(text: str, expected: str) -> None:
    assert filled(text, contact={"first_name": "Ola"}, lead={"first_name": "Per", "last_name": "Berg"}) == (
        expected,
        (),
    )


def test_a_missing_value_stays_and_is_named() -> None:
    text, unfilled = filled(
        "Hei {{person.first_name}}, {{account.name}} og {{person.first_name}}", account={"name": " "}
    )
    assert unfilled == ("{{person.first_name}}", "{{account.name}}")
    draft = Draft(to="ola@x.example", text=text, unfilled=unfilled)
    with pytest.raises(Rejected, match=r"says nothing of person\.first_name, account\.name") as caught:
        check_draft(draft, DESK)
    assert set(caught.value.field_errors) == {"text"}
    mended = Draft(to="ola@x.example", text="Hei Ola, Fjord\n> {{person.first_name}}", unfilled=unfilled)
    assert check_draft(mended, DESK).recipients == ("ola@x.example",)


def test_a_value_is_no_template_and_no_header() -> None:
    made = fill_template(
        Template("t", "{{lead.company}}", "About {{lead.company}}"),
        {"lead": {"company": "A\r\nBcc: all@x.example {{me.email}}\x1b[31m"}},
    )
    assert made.subject == "About A Bcc: all@x.example {{me.email}}"
    assert "\x1b" not in made.text
    assert made.unfilled == ()


def test_everything_that_stops_a_draft_is_said_at_once() -> None:
    with pytest.raises(Rejected) as caught:
        check_draft(Draft(to="ola", cc="x@", subject="s" * 501), DESK)
    assert set(caught.value.field_errors) == {"to", "cc", "subject"}
    with pytest.raises(Rejected, match="to whom"):
        check_draft(Draft(text="hi"), DESK)
    with pytest.raises(NotSupported, match="smtp_host"):
        check_draft(Draft(to="ola@x.example"), Desk())


def test_a_file_that_went_away_is_named(tmp_path: object) -> None:
    for path in ("/nowhere/offer.pdf", str(tmp_path), "a\0b"):
        with pytest.raises(Rejected) as caught:
            read_file(path)
        assert "files" in caught.value.field_errors


def test_a_draft_survives_being_kept() -> None:
    draft = Draft(to="a@x.example", kind=DraftKind.FORWARD, files=(DraftFile("/x", 3),), references=("a@b", "c@d"))
    assert unpack_draft(pack_draft(draft)) == draft
    assert unpack_draft({"to": "a", "of a later version": 1}) == Draft(to="a")

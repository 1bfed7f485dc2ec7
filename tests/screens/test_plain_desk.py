"""The desk as plain lines: what is said, and what a line does, over the same store as the screens."""

from __future__ import annotations

import pytest

from crm_model.mail import DeliveryState
from sync.store.database import Store
from tests.screens.conftest import CLOCK
from tui.gateway import Gateway, Mailview
from tui.plain.desk import PlainDesk


def said(gateway: Gateway, *typed: str) -> list[str]:
    lines, left = [], iter(typed)

    def ask() -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    PlainDesk(gateway, ask, lines.append).run()
    return lines


def test_a_conversation_and_its_steps_are_said_from_top_to_bottom(gateway: Gateway) -> None:
    lines = said(gateway)
    assert lines[0].startswith("1 of ")
    text = "\n".join(lines)
    assert "New website 2027" in lines[0]
    assert "The board likes the direction" in text
    assert "Enter" in text
    assert not set(text) & set("─│╭╮╰╯▌\x1b\x07")


def test_a_lead_is_made_and_undone(gateway: Gateway) -> None:
    before = len(gateway.list_keys(Mailview.SUGGESTED).keys)
    lines = said(gateway, "j", "i", "")
    assert "New lead?" in lines
    assert "Done; u undoes it." in lines
    assert len(gateway.list_keys(Mailview.SUGGESTED).keys) == before - 1
    assert any(line.startswith("Undone:") for line in said(gateway, "u"))
    assert len(gateway.list_keys(Mailview.SUGGESTED).keys) == before


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("n", "Write something first."),
        ("n They want to start in March", "Note written (u undoes)"),
        ("/brianza", "1 of 1: "),
        ("/nobodywritesthis", "Nothing found."),
        ("y", "r: reply"),
        ("x", "There is no suggestion to reject here."),
        ("a", "Archived (u undoes)"),
    ],
)
def test_a_line_is_answered(gateway: Gateway, typed: str, answer: str) -> None:
    assert any(line.startswith(answer) for line in said(gateway, typed))


def test_a_reply_is_written_looked_at_and_sent(gateway: Gateway) -> None:
    lines = said(gateway, "r", "Yes, February works.", "", "Ola", ".", "s", "q")
    assert any(line.startswith("From ola@byraa.example to Kari Nordmann") for line in lines)
    assert any(line.startswith("Leaves in 10 s: u takes it back") for line in lines)
    mail = gateway.draft_of(gateway.outbox()[0].id)
    assert mail.text.startswith("Yes, February works.\n\nOla\n\n-- \nOla")
    assert "> Hi Ola," in mail.text
    assert any(line.startswith("Undone: mail to") for line in said(gateway, "u"))


@pytest.mark.parametrize(("choice", "kept"), [("k", 1), ("d", 0)])
def test_a_reply_is_kept_or_dropped(gateway: Gateway, choice: str, kept: int) -> None:
    said(gateway, "r", "Let me think.", ".", choice)
    assert [mail.state for mail in gateway.outbox()] == [DeliveryState.DRAFT] * kept


def test_nothing_typed_leaves_nothing_and_a_sudden_end_leaves_a_draft(gateway: Gateway) -> None:
    assert "Nothing was kept" in said(gateway, "r", ".")
    assert gateway.outbox() == ()
    said(gateway, "r", "Half a sent")
    assert gateway.draft_of(gateway.outbox()[0].id).text.startswith("Half a sent\n\n-- ")


def test_who_can_not_send_is_told_so(floor: Store) -> None:
    gateway = Gateway(floor, author="Ola Hansen", crm="local", clock=CLOCK)
    assert any(line.startswith("! No mail account can send: give it smtp_host") for line in said(gateway, "r", "q"))


def test_quoted_text_is_read_on_demand(gateway: Gateway) -> None:
    assert not any("line 7 of what was said" in line for line in said(gateway, "m"))
    assert any("line 7 of what was said" in line for line in said(gateway, "z"))


@pytest.mark.parametrize(
    ("typed", "answers", "field", "value"),
    [
        ("e close", ["22 Dec"], "close_date", "2026-12-22"),
        ("e", ["1", "Website"], "name", "Website"),
        ("e stage", ["2"], "stage", "qualified"),
        ("e account", ["Öberg", "1"], "account_id", "r4"),
    ],
)
def test_a_field_is_edited(gateway: Gateway, typed: str, answers: list[str], field: str, value: str) -> None:
    said(gateway, typed, *answers)
    held = {each.spec.name: each.value for each in gateway.record(3).fields}
    assert held[field] == value


@pytest.mark.parametrize(
    ("typed", "answers", "answer"),
    [
        ("e close", [""], "Left as it is."),
        ("e close", ["some day"], "! “some day” is no date"),
        ("e nosuchfield", [], "There is no “nosuchfield” here."),
        ("e stage", ["99"], "There is no “99” here."),
        ("e name", ["-"], "! "),
    ],
)
def test_what_changes_nothing_says_so(gateway: Gateway, typed: str, answers: list[str], answer: str) -> None:
    before = gateway.record(3).fields
    assert any(line.startswith(answer) for line in said(gateway, typed, *answers))
    assert gateway.record(3).fields == before


@pytest.mark.parametrize(
    ("choice", "value"), [(["m"], "480000.00"), (["t"], "465000.00"), (["e", "470000"], "470000.00")]
)
def test_a_conflict_is_settled(gateway: Gateway, choice: list[str], value: str) -> None:
    lines = said(gateway, "v", *choice)
    assert any("465 000" in line for line in lines)
    assert gateway.record(3).conflicts == ()
    assert {each.spec.name: each.value for each in gateway.record(3).fields}["amount"] == value


def test_steps_that_ask_are_taken(gateway: Gateway) -> None:
    """The best step of the first conversation is to settle its conflict; the second to reply."""
    assert "Left as it is." in said(gateway, "", "")
    said(gateway, "", "t")
    assert gateway.record(3).conflicts == ()
    assert "Nothing was kept" in said(gateway, "", ".")


def test_a_conversation_is_linked_by_words(gateway: Gateway) -> None:
    lines = said(gateway, "j", "j", "j", "l service", "1")
    assert "Linked to Service agreement" in lines

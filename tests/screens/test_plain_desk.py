"""The desk as plain lines: what is said, and what a line does, over the same store as the screens."""

from __future__ import annotations

import pytest

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
    lines = said(gateway, "j", "r", "")
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
        ("x", "m: read the messages again"),
        ("a", "Archived (u undoes)"),
    ],
)
def test_a_line_is_answered(gateway: Gateway, typed: str, answer: str) -> None:
    assert any(line.startswith(answer) for line in said(gateway, typed))

"""Flowed text is read back to the same paragraphs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.parsing.flowed import unwrap_flowed
from sync.composing.flowed import flow, quote, quote_depth, unquoted

words = st.text("abc æø>-. ", max_size=200)


def plain(line: str) -> str:
    """A line as it comes back: its marks in one form, no blanks at its end."""
    if line == "-- ":
        return line
    depth, content = quote_depth(line), unquoted(line).rstrip(" ")
    return f"{'>' * depth} {content}".rstrip(" ") if depth else content


@given(st.lists(words, max_size=8))
def test_paragraphs_come_back(lines: list[str]) -> None:
    flowed = flow("\n".join(lines))
    assert [line.rstrip(" ") if line != "-- " else line for line in unwrap_flowed(flowed, False).split("\n")] == [
        plain(line) for line in "\n".join(lines).split("\n")
    ]


def test_long_lines_are_cut_behind_blanks() -> None:
    flowed = flow("word " * 40 + "\n" + "> quoted words " * 1 + "and more of them " * 10).split("\n")
    assert max(map(len, flowed)) <= 74
    assert all(line.endswith(" ") for line in flowed[:2])
    assert flowed[-1].startswith("> ")


def test_what_would_be_misread_is_moved_in() -> None:
    assert flow("From here\n indented\n-- \nKari") == " From here\n  indented\n-- \nKari"


def test_quoting() -> None:
    assert quote("a\n\n> b\n  c\n") == "> a\n>\n>> b\n>   c"


def test_an_answer_to_a_line_of_marks_is_little_larger_than_it() -> None:
    line = ">" * 500 + " a" * 500
    assert len(flow(line)) < 2 * len(line)
    assert (quote_depth(line), unquoted(line)[-3:]) == (20, "a a")

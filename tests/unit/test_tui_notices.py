"""What is written to the terminal when something is due."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.notices import NoticeWay, notice


@pytest.mark.parametrize(
    ("environment", "begins"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b]9;"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "\x1b]9;"),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, "\x1b]9;"),
        ({"TERM": "foot"}, "\x1b]777;"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "\x1b]777;"),
        ({"TERM": "tmux-256color", "TMUX": "default", "TERM_PROGRAM": "iTerm.app"}, "\a"),
        ({"TERM": "linux"}, "\a"),
        ({}, "\a"),
    ],
)
def test_the_terminal_says_what_it_is(environment: dict[str, str], begins: str) -> None:
    assert notice("due", NoticeWay.AUTO, environment).startswith(begins)


def test_off_is_off() -> None:
    assert notice("due", NoticeWay.OFF, {"TERM": "xterm-kitty"}) == ""


@given(st.text(max_size=300), st.sampled_from([NoticeWay.OSC9, NoticeWay.OSC777]))
def test_nothing_leaves_the_sequence(words: str, way: NoticeWay) -> None:
    written = notice(words, way, {})
    assert written.startswith("\x1b]")
    assert written.endswith("\a")
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in written[2:-1])

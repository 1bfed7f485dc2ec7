"""Which theme a terminal gets."""

from __future__ import annotations

import pytest

from tui.themes import theme_for


@pytest.mark.parametrize(
    ("wish", "environment", "name"),
    [
        ("auto", {"TERM": "xterm-256color"}, "dark"),
        ("auto", {"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "light"),
        ("auto", {"TERM": "xterm-256color", "COLORFGBG": "15;default;0"}, "dark"),
        ("auto", {"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono"),
        ("auto", {"TERM": "xterm-256color", "NO_COLOR": ""}, "dark"),
        ("auto", {"TERM": "xterm-16color"}, "mono"),
        ("auto", {"TERM": "linux"}, "mono"),
        ("auto", {"TERM": "screen"}, "mono"),
        ("auto", {"TERM": "screen", "COLORTERM": "truecolor"}, "dark"),
        ("auto", {"TERM": "screen-256color"}, "dark"),
        ("auto", {"TERM": "vt220"}, "mono"),
        ("auto", {}, "dark"),
        ("light", {"TERM": "vt220", "NO_COLOR": "1"}, "light"),
        ("mono", {"TERM": "xterm-256color"}, "mono"),
    ],
)
def test_the_theme_is_the_wished_one_else_what_the_terminal_can_show(
    wish: str, environment: dict[str, str], name: str
) -> None:
    assert theme_for(wish, environment).name == f"hitchpost-{name}"

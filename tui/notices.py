"""Telling a person who looks elsewhere: the terminal's own desktop notification, or its bell.

OSC 9 is iTerm2's, OSC 777 urxvt's; a terminal that knows neither drops them, but tmux and screen pass on none.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from crm_model.safe_text import safe_line
from tui.cells import cut

_BELL = "\a"
_MOST_CELLS = 120


class NoticeWay(StrEnum):
    AUTO = "auto"
    OSC9 = "osc9"
    OSC777 = "osc777"
    BELL = "bell"
    OFF = "off"


_OSC9_PROGRAMS = ("iTerm.app", "WezTerm", "ghostty")
_OSC777_PROGRAMS = ("vscode",)
_OSC9_TERMS = ("xterm-kitty", "xterm-ghostty")
_OSC777_TERMS = ("foot", "rxvt")


def notice(words: str, way: NoticeWay, environment: Mapping[str, str]) -> str:
    """What to write to the terminal, "" for nothing. Nothing in `words` can end or leave the sequence."""
    chosen = _known(environment) if way is NoticeWay.AUTO else way
    text = cut(safe_line(words).replace(";", ","), _MOST_CELLS)
    sequences = {
        NoticeWay.OSC9: f"\x1b]9;{text}\a",
        NoticeWay.OSC777: f"\x1b]777;notify;Hitchpost;{text}\a",
        NoticeWay.BELL: _BELL,
    }
    return sequences.get(chosen, "")


def _known(environment: Mapping[str, str]) -> NoticeWay:
    """What the terminal says that it is."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "TMUX" in environment or term.startswith(("tmux", "screen")):
        return NoticeWay.BELL
    if program in _OSC9_PROGRAMS or term in _OSC9_TERMS or "WT_SESSION" in environment:
        return NoticeWay.OSC9
    if program in _OSC777_PROGRAMS or term.startswith(_OSC777_TERMS) or "VTE_VERSION" in environment:
        return NoticeWay.OSC777
    return NoticeWay.BELL

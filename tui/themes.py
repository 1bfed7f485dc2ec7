"""How the screen looks: dark, light, or in the terminal's own two colours; every mark is a sign or a word first."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="hitchpost-dark",
    primary="#7aa2f7",
    secondary="#9aa5ce",
    accent="#e0af68",
    warning="#e0af68",
    error="#fa8298",
    success="#9ece6a",
    foreground="#d5d9e8",
    background="#16181f",
    surface="#1b1e27",
    panel="#252a37",
    dark=True,
)
LIGHT = Theme(
    name="hitchpost-light",
    primary="#25509f",
    secondary="#4a5578",
    accent="#714900",
    warning="#714900",
    error="#a30f36",
    success="#275c19",
    foreground="#1d2130",
    background="#fbfaf7",
    surface="#f2f0ea",
    panel="#e2dfd6",
    dark=False,
)
_COLOURS = (
    "ansi-background",
    "ansi-foreground",
    "block-cursor-background",
    "block-cursor-foreground",
    "border",
    "border-blurred",
    "input-cursor-background",
    "input-cursor-foreground",
    "input-selection-background",
    "input-selection-foreground",
    "screen-selection-background",
    "screen-selection-foreground",
    "scrollbar",
    "scrollbar-active",
    "scrollbar-background",
    "scrollbar-background-active",
    "scrollbar-background-hover",
    "scrollbar-corner-color",
    "scrollbar-hover",
)

MONO = Theme(
    name="hitchpost-mono",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_default",
    warning="ansi_default",
    error="ansi_default",
    success="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables=dict.fromkeys(_COLOURS, "ansi_default") | {"block-cursor-text-style": "reverse"},
)
"""Attributes only: bold, dim, reverse."""

THEMES = {"dark": DARK, "light": LIGHT, "mono": MONO}
_FEW_COLOURS = ("linux", "vt", "dumb", "ansi", "cons", "sun")
_LIGHT_GROUNDS = frozenset({"7", "15"})


def theme_for(wish: str, environment: Mapping[str, str]) -> Theme:
    """The theme that is wished; for "auto" what the terminal says of its colours and its background, else dark.

    A terminal of 16 colours or fewer and `NO_COLOR` get the theme without any; `COLORFGBG` tells a light background.
    """
    if wish in THEMES:
        return THEMES[wish]
    term = environment.get("TERM", "")
    few = term.startswith(_FEW_COLOURS) or term in ("screen", "tmux") or term.endswith(("-16color", "-mono", "-m"))
    if environment.get("NO_COLOR") or (few and not environment.get("COLORTERM")):
        return MONO
    return LIGHT if environment.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_GROUNDS else DARK

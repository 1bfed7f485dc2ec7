"""Two themes with enough contrast in both lights; every mark is a sign or a word first, a colour second."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="hitchpost-dark",
    primary="#7aa2f7",
    secondary="#9aa5ce",
    accent="#e0af68",
    warning="#e0af68",
    error="#f7768e",
    success="#9ece6a",
    foreground="#d5d9e8",
    background="#16181f",
    surface="#1b1e27",
    panel="#252a37",
    dark=True,
)
LIGHT = Theme(
    name="hitchpost-light",
    primary="#2e5aac",
    secondary="#4a5578",
    accent="#8a5a00",
    warning="#8a5a00",
    error="#b3123d",
    success="#2f6b1f",
    foreground="#1d2130",
    background="#fbfaf7",
    surface="#f2f0ea",
    panel="#e2dfd6",
    dark=False,
)

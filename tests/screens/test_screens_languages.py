"""The screens in every language: nothing leaves its place at 80x24, and nothing of ours stays English."""

from __future__ import annotations

import gettext
import re
from collections.abc import Awaitable, Callable, Iterator

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from tui import words
from tui.app import HitchpostApp
from tui.words import LANGUAGES, speak

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]

SMALL = (80, 24)
STOPS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("triage", (), ()),
    ("sidebar", ("tab", "tab"), ("tab",)),
    ("lead suggested", ("j", "tab", "tab"), ("tab",)),
    ("choice suggested", ("j", "tab", "tab"), ("tab",)),
    ("help", ("question_mark",), ("escape",)),
    ("views", ("f",), ("escape",)),
    ("pipeline", ("P",), ("T",)),
    ("undo", ("U",), ("escape",)),
    ("record picker", ("l",), ("escape",)),
    ("lead form", ("c",), ("escape",)),
)
"""Name, keys that lead there, keys that lead back."""

OURS = re.compile(r"[A-Za-z]{3,}")
BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")


class Bracketed(gettext.NullTranslations):
    """Every sentence of the screen in brackets, so that what has none shows."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    speak("en")


def drawn(app: HitchpostApp) -> list[str]:
    """The screen's rows as text."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_every_screen_keeps_its_shape(language: str, play: Play, app: HitchpostApp, press: Press) -> None:
    speak(language)
    said: dict[str, str] = {}

    async def journey(pilot: Pilot[None]) -> None:
        for name, there, back in STOPS:
            await press(pilot, *there)
            rows = drawn(app)
            assert [cell_len(row) for row in rows] == [SMALL[0]] * SMALL[1], name
            said[name] = "\n".join(rows)
            await press(pilot, *back)

    play(journey, SMALL)
    assert "Keys and marks" not in said["help"]
    assert words.say("Keys and marks") in said["help"]
    assert words.say("Triage") in said["triage"]


def test_nothing_of_ours_stays_english(
    play: Play, app: HitchpostApp, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Title bar, panes' names, hints and help, every word of them in brackets."""
    monkeypatch.setattr(words._speaker, "texts", Bracketed())
    keys = {"Hitchpost", "Home", "End", "PgDn", "PgUp", "Tab", "Esc", "Enter", "Space"}

    async def journey(pilot: Pilot[None]) -> None:
        screen = app.screen
        for place in ("header", "status"):
            left = BRACKETED.sub("", str(screen.query_one(f"#{place}").render()))
            assert not set(OURS.findall(left)) - keys, (place, left)
        assert "⟦" in str(screen.query_one("#threads").border_title)
        assert "⟦" in str(screen.query_one("#sidebar").border_title)
        await press(pilot, "question_mark")
        page = app.screen.query_one("HelpPage")
        for each in page.lines:  # type: ignore[attr-defined]
            for span in each.spans:
                if span.style != "key":
                    assert not OURS.search(BRACKETED.sub("", span.text).partition("⟦")[0]), span.text

    play(journey, (200, 60))

"""The screens in every language: nothing leaves its place at 80x24, and nothing of ours stays English."""

from __future__ import annotations

import gettext
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from babel.messages.pofile import read_po
from rich.cells import cell_len
from textual.pilot import Pilot

from sync.store.database import Store
from sync.store.tables import message_texts
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
    ("why", ("w",), ("escape",)),
    ("no to it", ("X",), ("escape",)),
    ("rules", ("E",), ("escape",)),
    ("outbox", ("O",), ("escape",)),
    ("troubles", ("v",), ("escape",)),
    ("palette", ("colon",), ("escape",)),
    ("note", ("k", "k", "n"), ("escape",)),
    ("field", ("e",), ("escape",)),
    ("reply", ("r",), ("escape",)),
    ("put off", ("h", "=fri 9", "enter"), ()),
    ("what can be undone", ("U",), ("escape",)),
    ("undone", ("u",), ()),
    ("nothing to undo", ("u",), ()),
    ("archived", ("a",), ()),
    ("next view", ("right_square_bracket",), ("T",)),
)
"""Name, keys that lead there, keys that lead back."""

CATALOGUES = Path(words.__file__).with_name("catalogues")
SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}")
"""Two English words in a row."""

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


def left_in_english(rows: str, language: str) -> set[str]:
    """Sentences of the catalogues that stand in these rows as the code has them."""
    text = " ".join(rows.split())
    found = set()
    for folder in (CATALOGUES, CATALOGUES / "heard"):
        with (folder / f"{language}.po").open("rb") as source:
            for message in read_po(source, locale=words.catalogue_locale(language)):
                forms = message.id if isinstance(message.id, tuple) else (message.id,)
                told = " ".join(message.string if isinstance(message.string, tuple) else (message.string,))
                parts = (part.strip() for form in forms for part in re.split(r"\{[^}]*\}", form))
                found |= {part for part in parts if SENTENCE.search(part) and part in text and part not in told}
    return found


def drawn(app: HitchpostApp) -> list[str]:
    """The screen's rows as text."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_every_screen_keeps_its_shape(language: str, play: Play, app: HitchpostApp, press: Press, floor: Store) -> None:
    speak(language)
    with floor.read() as unit:
        mail = " ".join(" ".join(unit.execute(sa.select(message_texts.c.body)).scalars()).split())
    said: dict[str, str] = {}

    async def journey(pilot: Pilot[None]) -> None:
        for name, there, back in STOPS:
            await press(pilot, *there)
            rows = drawn(app)
            assert [cell_len(row) for row in rows] == [SMALL[0]] * SMALL[1], name
            said[name] = "\n".join(rows)
            assert not {part for part in left_in_english(said[name], language) if part not in mail}, name
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

"""The screen without colours: only the terminal's own two, and everything told by signs and attributes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from rich.segment import Segment
from textual.pilot import Pilot

from sync import edits
from sync.edits import Wish
from sync.store.database import Store
from tests.screens.conftest import NOW
from tui.app import HitchpostApp
from tui.gateway import Gateway
from tui.themes import MONO

Play = Callable[..., None]
Press = Callable[..., Awaitable[None]]


def segments(app: HitchpostApp) -> list[Segment]:
    return [segment for strip in app.screen._compositor.render_strips() for segment in strip]


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        ((), "Kari Nordmann"),
        (("l", "=fjord"), "Fjord"),
        (("s",), "New"),
        (("tab", "tab"), ""),
        (("question_mark",), ""),
        (("v",), ""),
        (("r",), ""),
    ],
)
def test_there_is_no_colour_and_what_is_chosen_stands_out(
    keys: tuple[str, ...], chosen: str, gateway: Gateway, play: Play, press: Press
) -> None:
    app = HitchpostApp(gateway, theme=MONO)

    async def journey(pilot: Pilot[None]) -> None:
        await press(pilot, *keys)
        drawn = segments(app)
        colours = [
            colour for each in drawn if each.style for colour in (each.style.color, each.style.bgcolor) if colour
        ]
        assert {colour.name for colour in colours} <= {"default"}
        turned = "".join(each.text for each in drawn if each.style and (each.style.reverse or each.style.underline))
        assert chosen in turned

    play(journey, (80, 24), of=app)


def test_signs_and_words_tell_what_colours_tell_elsewhere(
    floor: Store, gateway: Gateway, play: Play, press: Press
) -> None:
    """Unread, due, linked, to decide, marked, refused, in conflict, a wrong answer: each has text of its own."""
    edits.set_next_touch(floor, 7, Wish(NOW - timedelta(hours=3), NOW.date(), "ring Håkon"), "Ola Hansen")
    app = HitchpostApp(gateway, theme=MONO)

    def row_of(name: str) -> str:
        rows = ["".join(each.text for each in strip)[:40] for strip in app.screen._compositor.render_strips()]
        return next(row for row in rows if name in row)

    async def journey(pilot: Pilot[None]) -> None:
        assert "!" in row_of("Håkon Dahl")
        assert "●" in row_of("Giulia Conti")
        assert "●" not in row_of("Lars Öberg")
        assert "?" in row_of("Web shop") and "◆" in row_of("New website")
        text = "".join(segment.text for segment in segments(app))
        assert "1 conflict" in text and "1 refused" in text
        await press(pilot, "g", "j", "space")
        assert sum("✓" in segment.text for segment in segments(app)) == 1
        await press(pilot, "F", "=kari at fjord", "ctrl+s")
        assert "! “kari at fjord” is no e-mail address" in "".join(segment.text for segment in segments(app))

    play(journey, (80, 24), of=app)

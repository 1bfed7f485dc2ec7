"""The screen without colours: only the terminal's own two, and everything told by signs and attributes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from rich.segment import Segment
from textual.pilot import Pilot

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

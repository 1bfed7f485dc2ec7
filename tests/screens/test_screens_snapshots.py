"""Every screen as it is drawn, at 80x24 and 200x60. `--snapshot-update` after a change that was meant and looked at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from tui.app import HitchpostApp
from tui.themes import LIGHT

Settle = Callable[[Pilot[None]], Awaitable[None]]
Press = Callable[..., Awaitable[None]]
Compare = Callable[..., bool]

SMALL, LARGE = (80, 24), (200, 60)
SCREENS = {
    "triage": (),
    "sidebar": ("tab", "tab"),
    "lead_suggested": ("j", "tab", "tab"),
    "choice_suggested": ("j", "j", "tab", "tab"),
    "record_picker": ("l", "=fjord"),
    "stage_picker": ("s",),
    "field_editor": ("e", "=close", "enter"),
    "lead_form": ("j", "c"),
    "note": ("n",),
    "task": ("t",),
    "help": ("question_mark",),
    "conflict": ("v",),
    "undo_list": ("U",),
    "why": ("j", "w"),
    "marked": ("space", "space"),
    "reply": ("r", "=Yes, gladly."),
    "forward": ("F", "=kari at fjord", "ctrl+s"),
    "send_later": ("r", "ctrl+l", "=mon 9"),
    "outbox": ("F", "=ola at home", "escape", "O"),
    "field_in_place": ("tab", "tab", "j", "j", "j", "j", "j", "enter"),
    "field_history": ("tab", "tab", "j", "j", "j", "j", "j", "H"),
    "search": ("slash", "=brianza"),
    "search_records": ("slash", "=is:bogus fjord"),
}


@pytest.mark.parametrize("name", SCREENS)
def test_small(name: str, app: HitchpostApp, snap_compare: Compare, press: Press, settle: Settle) -> None:
    assert snap_compare(app, terminal_size=SMALL, run_before=_presses(SCREENS[name], press, settle))


@pytest.mark.parametrize("name", ["triage", "lead_suggested", "choice_suggested", "reply", "help", "search_records"])
def test_large(name: str, app: HitchpostApp, snap_compare: Compare, press: Press, settle: Settle) -> None:
    assert snap_compare(app, terminal_size=LARGE, run_before=_presses(SCREENS[name], press, settle))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x60"])
def test_light(size: tuple[int, int], app: HitchpostApp, snap_compare: Compare, press: Press, settle: Settle) -> None:
    app.theme = LIGHT.name
    assert snap_compare(app, terminal_size=size, run_before=_presses((), press, settle))


def _presses(keys: tuple[str, ...], press: Press, settle: Settle) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await press(pilot, *keys)
        await pilot.pause(0.2)

    return run

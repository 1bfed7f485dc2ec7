"""The views, the next steps and the line at the bottom as they are drawn: both sizes, both themes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_textual_snapshot import SVGImageExtension
from textual.pilot import Pilot

from crm_model.mail import DeliveryState
from sync import edits
from sync.edits import Wish
from sync.store.database import Store
from sync.store.tables import mail_accounts, outgoing
from tui.app import HitchpostApp
from tui.themes import DARK, LIGHT

SVGImageExtension.file_extension = "svg"  # as in test_screens_snapshots

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
SIZES = {"80x24": (80, 24), "200x60": (200, 60)}
SCREENS = {
    "due": (),
    "next_touch": ("G", "h", "=neste tirsdag ring"),
    "many": ("j", "j", "space", "space", "space"),
    "views": ("f",),
    "cold": ("f", "=going", "enter"),
    "leads": ("f", "=leads", "enter"),
    "pipeline": ("P", "G"),
    "sent": ("f", "=sent", "enter"),
    "problems": ("f", "=problems", "enter"),
}


@pytest.fixture
def busy(floor: Store) -> Store:
    """Håkon is to be called today, a mail left, one did not, and the mailbox wants a sign-in."""
    edits.set_next_touch(floor, 7, Wish(NOW - timedelta(hours=3), NOW.date(), "ring Håkon"), "Ola Hansen")
    with floor.write() as unit:
        for number, state in enumerate((DeliveryState.SENT, DeliveryState.FAILED), 1):
            draft = {"to": "kari@fjord-design.example", "subject": f"Offer, version {number}", "thread_id": 1}
            error = "550 5.1.1 no such user" if state is DeliveryState.FAILED else ""
            row = {"node": f"n{number}@x", "account": "work", "draft": draft, "recipients": [], "error": error}
            at = NOW - timedelta(days=3 - number)
            unit.execute(outgoing.insert().values(**row, state=state.value, created_at=at, sent_at=at))
        trouble = {"last_error": "the password is wrong; run: hitchpost mailbox test work", "login_needed": True}
        unit.execute(mail_accounts.update().values(**trouble))
    return floor


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("theme", [DARK.name, LIGHT.name])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_drawn(
    name: str,
    size: str,
    theme: str,
    *,
    app: HitchpostApp,
    snap_compare: Callable[..., bool],
    press: Callable[..., Awaitable[None]],
    settle: Callable[[Pilot[None]], Awaitable[None]],
) -> None:
    app.theme = theme

    async def run(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await press(pilot, *SCREENS[name])
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=SIZES[size], run_before=run)

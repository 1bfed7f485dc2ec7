"""The screen stands before its database is open: what comes then, and what if that fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from crm_model.errors import ConfigError
from tests.screens.conftest import CLOCK, settle
from tui.app import HitchpostApp
from tui.gateway import Gateway
from tui.late_gateway import LateGateway
from tui.screens.triage import TriageScreen
from tui.widgets.header_bar import HeaderBar


def _play_unsettled(app: HitchpostApp, journey: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    """Settling waits for all workers: here they wait for the test."""

    async def session() -> None:
        async with app.run_test(size=(200, 60)) as pilot:
            await pilot.pause(0.1)
            await journey(pilot)

    asyncio.run(session())


def test_the_list_comes_when_the_database_is_open(gateway: Gateway) -> None:
    may_open = threading.Event()

    def opened() -> Gateway:
        assert may_open.wait(60)
        return gateway

    app = HitchpostApp(LateGateway(opened, CLOCK))

    async def journey(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, TriageScreen)
        assert not len(screen.threads.window)
        assert "…" in str(screen.query_one(HeaderBar).content)
        may_open.set()
        await settle(pilot)
        assert len(screen.threads.window)
        assert screen.gateway.author == gateway.author

    _play_unsettled(app, journey)
    assert app.refused is None


def test_without_a_database_the_program_ends_and_says_why() -> None:
    def refused() -> Gateway:
        raise ConfigError("is no database")

    app = HitchpostApp(LateGateway(refused, CLOCK))

    async def journey(pilot: Pilot[None]) -> None:
        await settle(pilot)

    _play_unsettled(app, journey)
    assert str(app.refused) == "is no database"
    assert not app.is_running

"""Draws the README's pictures of the triage screen from the demo's data, the same every time: `make screenshots`."""

from __future__ import annotations

import asyncio
import datetime as clock
import os
import re
import tempfile
import time
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
NOW = clock.datetime(2026, 11, 18, 13, 40, tzinfo=clock.UTC)
PICTURES: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "triage": ((150, 40), ("J",)),
    "suggestion": ((150, 40), ()),
    "conflict": ((110, 30), ("slash", *"Min side", "enter", "v")),
    "small": ((80, 24), ("J", "tab", "tab")),
}
"""Name, size in cells, keys pressed before."""


class _AnyTime(type(clock.datetime)):  # type: ignore[misc]
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _REAL)


_REAL = clock.datetime


class StillTime(_REAL, metaclass=_AnyTime):
    """A clock that stands still, so that the sample mail and every stamp are the same in every run."""

    @classmethod
    def now(cls, tz: clock.tzinfo | None = None) -> clock.datetime:  # type: ignore[override]
        return NOW.astimezone(tz) if tz else NOW.astimezone().replace(tzinfo=None)


async def draw(folder: Path) -> None:
    """Run the demo's first pass in `folder` and write one SVG a picture."""
    from agent.daemon import run_pass
    from agent.demo import prepare, stage
    from sync.settings import load
    from sync.store.agent_lock import held_agent_lock
    from sync.store.schema import open_store

    settings = load(prepare(folder))
    store = open_store(settings.database)
    try:
        run_pass(settings, store, lambda _step: None)
        stage(settings, store, lambda: run_pass(settings, store, lambda _step: None))
        with held_agent_lock(store):  # as with an agent at work
            for name, (size, keys) in PICTURES.items():
                svg = await _picture(store, settings.author, size, keys)
                (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")
    finally:
        store.close()


async def _picture(store: object, author: str, size: tuple[int, int], keys: tuple[str, ...]) -> str:
    from tui.app import HitchpostApp
    from tui.gateway import Gateway

    app = HitchpostApp(Gateway(store, author=author, crm="local"))  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await pilot.pause(2.0)
        for key in keys:
            await pilot.press({" ": "space"}.get(key, key))
            await pilot.pause(0.5)
        await pilot.pause(1.0)
        svg = app.export_screenshot(title="Hitchpost")
    # A page that shows the picture must not make its reader fetch fonts from somewhere.
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)


if __name__ == "__main__":
    os.environ["TZ"] = "Europe/Oslo"
    time.tzset()
    clock.datetime = StillTime  # type: ignore[misc] # before anything of ours imports it
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(draw(Path(made)))

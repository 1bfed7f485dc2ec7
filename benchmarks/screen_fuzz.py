"""Random keys against the real screen, while a writer changes its store: no crash, no edit lost.

    python -m benchmarks screen_fuzz [MINUTES]        HITCHPOST_SEED chooses other keys

Whatever the screen confirmed must stand in the store afterwards. Keys that leave the program or start another one
are not among them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from textual import events
from textual.keys import _character_to_key as character_to_key
from textual.pilot import Pilot

from crm_model.errors import HitchpostError
from crm_model.field_values import pack_value
from crm_model.records import ActivityKind, Fields, Record, RecordKind
from sync.arrivals import take_page
from sync.store import records
from sync.store.database import Store
from sync.store.schema import open_store
from sync.store.tables import activities, field_history
from sync.store.tables import records as record_table
from sync.store.thread_summary import refresh_threads
from tests import seeds
from tui.app import HitchpostApp
from tui.commands import COMMANDS
from tui.gateway import Gateway

AUTHOR = "Kari Nordmann"
_CONVERSATIONS, _PEOPLE = 400, 120
_NEVER = {"q", "b", "question_mark"}
_TYPED = 'abcdefghij klmno123 :"-@.,ø'
_OTHERS = ["enter", "enter", "escape", "tab", "tab", "up", "down", "down", "left", "right", "backspace", "delete"]
_OTHERS += ["home", "end", "pageup", "pagedown", "ctrl+s", "ctrl+u", "ctrl+k", "ctrl+t", "ctrl+l", "f5", "j", "k", "e"]


@dataclass
class Confirmed:
    """What the screen was told to be stored."""

    fields: list[tuple[int, str, object]] = field(default_factory=list)
    texts: list[tuple[int, str, str]] = field(default_factory=list)
    leads: list[int] = field(default_factory=list)


class WatchedGateway(Gateway):
    """The screen's gateway, which remembers every edit that came back without an error."""

    def __init__(self, store: Store, confirmed: Confirmed) -> None:
        super().__init__(store, author=AUTHOR, crm=seeds.CRM)
        self.confirmed = confirmed

    def change_record(self, record_id: int, fields: Fields, base: Fields) -> None:
        before = {each.spec.name: each.value for each in self.record(record_id).fields}
        super().change_record(record_id, fields, base)
        changed = ((name, value) for name, value in fields.items() if before.get(name) != value)
        self.confirmed.fields += [(record_id, name, pack_value(value)) for name, value in changed]

    def create_lead(self, thread_id: int, fields: Fields) -> int:
        record_id = super().create_lead(thread_id, fields)
        self.confirmed.leads.append(record_id)
        return record_id

    def add_activity(
        self,
        record_id: int,
        kind: ActivityKind,
        text: str,
        due_at: datetime | None = None,
        at: datetime | None = None,
    ) -> None:
        super().add_activity(record_id, kind, text, due_at, at)
        self.confirmed.texts.append((record_id, kind.value, text))


class Writer(threading.Thread):
    """Like the agent: refreshes conversations, brings colleagues' edits, some twenty transactions a second."""

    def __init__(self, store: Store, seed: int) -> None:
        super().__init__(daemon=True)
        self._store, self._chance = store, random.Random(seed)
        self.done = threading.Event()
        self.written = 0

    def run(self) -> None:
        while not self.done.wait(0.05):
            with contextlib.suppress(HitchpostError), self._store.write() as unit:  # busy: the next one comes soon
                refresh_threads(unit, self._chance.sample(range(1, _CONVERSATIONS + 1), 5))
                number = self._chance.randrange(3, _PEOPLE, 4)
                held = records.get(unit, number)
                if held and held.state == "live" and held.remote_id:
                    theirs = {**held.base, "amount": f"{self._chance.randrange(1, 9)}000.00"}
                    now = datetime.now(UTC)
                    told = Record(RecordKind(held.kind), held.remote_id, theirs, str(now.timestamp()), now, "Siri")
                    take_page(unit, seeds.CRM, held.kind, [told], now=now)
                self.written += 1


class Faults(logging.Handler):
    """Bugs in workers end as a sentence on the screen; here they count."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record)


def keys_of(chance: random.Random) -> list[str]:
    """The next few keys: a command, some text, or something to move with."""
    kind = chance.random()
    text = _keys_for("".join(chance.choice(_TYPED) for _ in range(chance.randrange(1, 7))))
    if kind < 0.12:  # what stores something is rare among keys by chance
        return [chance.choice("npt"), *text, "enter"]
    if kind < 0.25:
        return ["tab", "tab", *["j"] * chance.randrange(1, 16), "enter", *chance.choice((["down"], text, [])), "enter"]
    if kind < 0.5:
        named = [command.keys.split(",")[0] for command in COMMANDS if command.id not in ("quit", "page")]
        return [chance.choice([key for key in named if key not in _NEVER])]
    if kind < 0.65:
        return text
    return [chance.choice(_OTHERS) for _ in range(chance.randrange(1, 4))]


def _keys_for(text: str) -> list[str]:
    return ["space" if letter == " " else letter for letter in text if letter != ":"]


async def _press(pilot: Pilot[None], keys: Sequence[str]) -> None:
    """As a terminal does it: the next key comes whether the last one was answered or not."""
    for key in keys:
        character = key if len(key) == 1 else {"space": " "}.get(key)
        pilot.app.post_message(events.Key(key_of(key), character))
        await asyncio.sleep(0.004)


def key_of(character: str) -> str:
    """Textual's name of a key."""
    return character_to_key(character) if len(character) == 1 else character


async def _play(pilot: Pilot[None], chance: random.Random, until: float, pressed: Counter[str]) -> None:
    step = 0
    while time.monotonic() < until and pilot.app.is_running:
        step += 1
        keys = ["escape"] * 3 if step % 6 == 0 else keys_of(chance)  # else it would sit in one dialog
        await _press(pilot, keys)
        pressed.update(keys)
    await pilot.pause(1)
    for worker in list(pilot.app.workers):
        with contextlib.suppress(Exception):
            await worker.wait()


def lost(store: Store, confirmed: Confirmed) -> list[object]:
    """What was confirmed and is in no table."""
    with store.read() as unit:
        history = field_history.c
        rows = unit.execute(sa.select(history.record_id, history.field, history.after).where(history.author == AUTHOR))
        kept = {(row.record_id, row.field, str(row.after)) for row in rows}
        made = unit.execute(
            sa.select(activities.c.record_id, activities.c.kind, activities.c.subject, activities.c.body)
        )
        written = {(row.record_id, row.kind, text) for row in made for text in (row.subject, row.body)}
        known = set(unit.execute(sa.select(record_table.c.id)).scalars())
    gone: list[object] = [("lead", each) for each in confirmed.leads if each not in known]
    gone += [each for each in confirmed.fields if (each[0], each[1], str(each[2])) not in kept]
    return gone + [each for each in confirmed.texts if not any(_is_in(each, row) for row in written)]


def _is_in(told: tuple[int, str, str], row: tuple[int, str, str]) -> bool:
    return told[:2] == row[:2] and bool(row[2]) and (row[2] in told[2] or told[2] in row[2])


def fuzz(minutes: float, seed: int) -> list[str]:
    """Press keys for so long; what was pressed, confirmed and lost, in sentences. Errors: whatever broke the screen."""
    faults = Faults()
    logging.getLogger("tui").addHandler(faults)
    with tempfile.TemporaryDirectory(prefix="hpb-fuzz-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'fuzz.sqlite3'}")
        seeds.seed(store, conversations=_CONVERSATIONS, people=_PEOPLE)
        confirmed, writer, pressed = Confirmed(), Writer(store, seed), Counter[str]()
        app = HitchpostApp(WatchedGateway(store, confirmed))

        async def session() -> None:
            async with app.run_test(size=(120, 36)) as pilot:
                await _play(pilot, random.Random(seed), time.monotonic() + 60 * minutes, pressed)

        writer.start()
        try:
            asyncio.run(session())
        finally:
            writer.done.set()
            writer.join()
        gone = lost(store, confirmed)
        store.close()
    broken = [f"{each.getMessage()}: {each.exc_info[1]!r}" for each in faults.seen if each.exc_info]
    return [
        f"seed {seed}: {sum(pressed.values()):,} keys in {minutes:g} minutes beside {writer.written:,} transactions",
        f"{len(confirmed.fields)} values, {len(confirmed.texts)} notes, calls and tasks, {len(confirmed.leads)} leads "
        f"confirmed, {len(gone)} lost",
        *(f"lost: {each}" for each in gone),
        f"{len(broken)} faults",
        *sorted(set(broken)),
    ]


def main(minutes: float) -> None:
    """Print what came of it; exit code 1 if anything broke or was lost."""
    said = fuzz(minutes, int(os.environ.get("HITCHPOST_SEED") or 7))
    print("\n".join(said))
    if not (", 0 lost" in said[1] and "0 faults" in said):
        raise SystemExit(1)


if __name__ == "__main__":
    main(10)

"""Random keys against the real screen, while a writer changes its store: no crash, no edit lost.

    python -m benchmarks screen_fuzz [MINUTES]        HITCHPOST_SEED chooses other keys

Some keys are hasty ones by chance; most belong to jobs that a person does step by step: a field changed in the sidebar,
another stage, a link, a note, a day, an undo. Whatever the screen confirmed must stand in the store afterwards, and
every field must hold what its history says last. Keys that leave the program or start another one are not among them.
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
from typing import Literal

import sqlalchemy as sa
from textual import events
from textual.keys import _character_to_key as character_to_key
from textual.pilot import Pilot

from crm_model.errors import HitchpostError
from crm_model.field_values import pack_value
from crm_model.records import ActivityKind, Conversion, Fields, FieldValue, Record, RecordKind
from sync import edits
from sync.arrivals import take_page
from sync.store import records
from sync.store.database import Store, Unit
from sync.store.schema import open_store
from sync.store.tables import actions, activities, conflicts, field_history
from sync.store.tables import records as record_table
from sync.store.thread_summary import refresh_threads
from tests import seeds
from tui.app import HitchpostApp
from tui.commands import COMMANDS
from tui.gateway import Gateway

AUTHOR = "Kari Nordmann"
_CONVERSATIONS, _PEOPLE = 400, 120
_JOBS = 0.8
_AWAITED = {"opened", "edits", "editor", "find", "begin", "sections"}
"""Workers whose answer a person waits for; the others are always at it."""
_VALUES = (
    *(("amount", f"{number}00") for number in (12, 345, 9000)),
    *(("phone", f"+472233445{number}") for number in range(4)),
    *(("close", day) for day in ("fri", "+2w", "2027-01-15")),
    *(("name", word) for word in ("Solberg", "Ny avtale", "A-B 7")),
    ("title", "Daglig leder"),
    ("company", "Bygg og Co"),
    ("website", "https://bygg.example"),
    ("email", "post@bygg.example"),
)
"""A field to be looked for, and what it can be."""
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
    actions: Counter[str] = field(default_factory=Counter)
    action_ids: list[int] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)

    def did(self, what: str, action_id: int) -> None:
        """An edit that made an action; one that found nothing to do made none."""
        if action_id:
            self.actions[what] += 1
            self.action_ids.append(action_id)


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

    def link(self, thread_id: int, record_id: int) -> None:
        self.confirmed.did("links", edits.link_thread(self._store, thread_id, record_id, self.author))

    def unlink(self, thread_id: int, record_id: int) -> None:
        self.confirmed.did("unlinks", edits.unlink_thread(self._store, thread_id, record_id, self.author))

    def archive(self, thread_id: int) -> None:
        self.confirmed.did("archived", edits.archive_thread(self._store, thread_id, self.author))

    def unarchive(self, thread_id: int) -> None:
        self.confirmed.did("brought back", edits.unarchive_thread(self._store, thread_id, self.author))

    def convert(self, record_id: int, conversion: Conversion) -> None:
        self.confirmed.did("converted", edits.convert_lead(self._store, record_id, conversion, self.author))

    def complete_task(self, activity_id: int, done: bool) -> None:
        self.confirmed.did("tasks done", edits.complete_task(self._store, activity_id, done, self.author))

    def resolve(self, conflict_id: int, choice: Literal["mine", "theirs", "edited"], value: FieldValue = None) -> None:
        self.confirmed.did("settled", edits.resolve_conflict(self._store, conflict_id, choice, value, self.author))

    def undo(self, action_id: int | None = None) -> str:
        what = super().undo(action_id)
        self.confirmed.undone.append(what)
        return what

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


def job_of(chance: random.Random) -> list[list[str]]:
    """Something that a person does, from the list on, step by step: most of these store something."""
    text, down, row = _text(chance), ["down"] * chance.randrange(0, 4), ["j"] * chance.randrange(1, 20)
    name, value = (["space" if each == " " else each for each in words] for words in chance.choice(_VALUES))
    jobs: tuple[list[list[str]], ...] = (
        [["tab", "tab", *row], ["enter"], [*value, "enter"]],
        [["tab", "tab", *row], ["enter"], [*down, "enter"]],
        [["e"], [*name, "enter"], ["ctrl+u", *value, "enter"]],
        [["s"], [*down, "enter"]],
        [["l"], [chance.choice("aeio")], [*down, "enter"]],
        [[chance.choice("npt")], [*text, "enter"]],
        [["h"], [*chance.choice(("fri", "mon", "+2w")), "enter"]],
        [["space", "space", "l"], ["a"], [*down, "enter"]],
        [["c"], ["ctrl+s"]],
        [["C"], ["ctrl+s"]],
        [["u"]],
        [["u"], ["u"]],
        [["U"], [*down, "enter"]],
        [[chance.choice("2aLd3")]],
    )
    weights = (4, 3, 8, 4, 3, 3, 2, 1, 1, 1, 2, 1, 1, 2)
    return chance.choices(jobs, weights)[0]


def _text(chance: random.Random) -> list[str]:
    return _keys_for("".join(chance.choice(_TYPED) for _ in range(chance.randrange(1, 7))))


def keys_of(chance: random.Random) -> list[str]:
    """The next few keys: a command, some text, or something to move with."""
    kind = chance.random()
    text = _text(chance)
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


async def _settle(pilot: Pilot[None]) -> None:
    """Until the screen has done what the keys before asked for."""
    await pilot.pause(0.06)
    for worker in list(pilot.app.workers):
        if worker.group in _AWAITED:
            with contextlib.suppress(Exception):
                await worker.wait()
    await pilot.pause()


async def _play(pilot: Pilot[None], chance: random.Random, until: float, pressed: Counter[str]) -> None:
    while time.monotonic() < until and pilot.app.is_running:
        back = ["escape"] * 4  # else it would sit in one dialog
        if chance.random() < _JOBS:
            begin = [*back, *chance.choice((["T"], ["P"], [])), *["j"] * chance.randrange(0, 6)]
            steps = [begin, *job_of(chance)]
        else:
            steps = [[key for _ in range(5) for key in keys_of(chance)]]
        for keys in steps:
            await _press(pilot, keys)
            pressed.update(keys)
            if len(steps) > 1:
                await _settle(pilot)
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
        done = set(unit.execute(sa.select(actions.c.id)).scalars())
        taken_back = unit.execute(sa.select(sa.func.count()).where(actions.c.undone_at.is_not(None))).scalar_one()
        stale = _stale(unit)
    gone: list[object] = [("lead", each) for each in confirmed.leads if each not in known]
    gone += [each for each in confirmed.fields if (each[0], each[1], str(each[2])) not in kept]
    gone += [("action", each) for each in confirmed.action_ids if each not in done]
    gone += [("undone", taken_back, len(confirmed.undone))] * (taken_back != len(confirmed.undone))
    gone += stale
    return gone + [each for each in confirmed.texts if not any(_is_in(each, row) for row in written)]


def _stale(unit: Unit) -> list[object]:
    """Fields that hold something else than what their history says last; those in conflict wait for a person."""
    history, record = field_history.c, record_table.c
    newest = sa.select(sa.func.max(history.id)).group_by(history.record_id, history.field)
    rows = unit.execute(sa.select(history.record_id, history.field, history.after).where(history.id.in_(newest)))
    fields = {row.id: row.fields for row in unit.execute(sa.select(record.id, record.fields))}
    waiting = set(unit.execute(sa.select(conflicts.c.record_id, conflicts.c.field)).tuples())
    return [
        ("field", row.record_id, row.field, row.after, fields[row.record_id].get(row.field))
        for row in rows
        if (row.record_id, row.field) not in waiting
        and (fields[row.record_id].get(row.field) or None) != (row.after or None)
    ]


def _is_in(told: tuple[int, str, str], row: tuple[int, str, str]) -> bool:
    return told[:2] == row[:2] and bool(row[2]) and (row[2] in told[2] or told[2] in row[2])


def _counted(done: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in done.most_common()) or "nothing else"


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
        f"{len(confirmed.fields)} values, {len(confirmed.texts)} notes, calls and tasks, {len(confirmed.leads)} leads, "
        f"{_counted(confirmed.actions)}, {len(confirmed.undone)} taken back; {len(gone)} lost",
        *(f"lost: {each}" for each in gone),
        f"{len(broken)} faults",
        *sorted(set(broken)),
    ]


def main(minutes: float) -> None:
    """Print what came of it; exit code 1 if anything broke or was lost."""
    said = fuzz(minutes, int(os.environ.get("HITCHPOST_SEED") or 7))
    print("\n".join(said))
    if not (said[1].endswith("; 0 lost") and "0 faults" in said):
        raise SystemExit(1)


if __name__ == "__main__":
    main(10)

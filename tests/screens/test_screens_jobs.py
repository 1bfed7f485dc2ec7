"""Ten everyday jobs with exactly the keys that `docs/triage.md` counts: the table there can't say anything else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from crm_model.mail import DeliveryState
from sync import queries
from sync.store.database import Store
from sync.store.tables import messages, threads
from sync.viewer import Viewer
from sync.views import Mailview, RecordView
from tui.app import HitchpostApp

TABLE = (Path(__file__).parents[2] / "docs" / "triage.md").read_text(encoding="utf-8").partition("## Keys, counted")[2]
SHOWN = {"enter": "Enter", "ctrl+t": "^t", "ctrl+s": "^s", "asterisk": "*"}
WEBSITE, HAAKON = 3, 8
OLA = Viewer("Ola Hansen", datetime(2026, 11, 18, 13, 0, tzinfo=UTC))

Settle = Callable[[Pilot[None]], Awaitable[None]]


@dataclass(frozen=True)
class Job:
    """`before` brings the conversation under the cursor; what begins with "=" is typed and not counted."""

    name: str
    before: tuple[str, ...]
    keys: tuple[str, ...]
    is_done: Callable[[Store], bool]

    @property
    def counted(self) -> list[str]:
        return [SHOWN.get(key, key) for key in self.keys if not key.startswith("=")]


def _links(store: Store, thread_id: int) -> list[int]:
    return [link.record_id for link in queries.conversation(store, thread_id).links]


def _value(record: RecordView, name: str) -> Any:
    return next(field.value for field in record.fields if field.spec.name == name)


def _logged(store: Store, record_id: int, kind: str, words: str) -> bool:
    return any(row.kind == kind and row.subject == words for row in queries.record(store, record_id).activities)


def _was_answered(store: Store) -> bool:
    waiting = [mail for mail in queries.outbox(store) if mail.state is DeliveryState.WAITING]
    return len(waiting) == 1 and _logged(store, WEBSITE, "task", "ask again")


JOBS = (
    Job(
        "Accept a suggested lead, its mail filed on it",
        ("j",),
        ("enter",),
        lambda store: "Conti" in queries.record(store, _links(store, 2)[0]).title,
    ),
    Job(
        "File a mail to the right one of three opportunities",
        ("j", "j"),
        ("2",),
        lambda store: _links(store, 3) == [7],
    ),
    Job(
        "Reply with a template, and be reminded on Monday",
        (),
        ("r", "ctrl+t", "=offer", "enter", "ctrl+s", "h", "=mon ask again", "enter"),
        _was_answered,
    ),
    Job(
        "Log a phone call",
        (),
        ("p", "=wants two sites more", "enter"),
        lambda store: _logged(store, WEBSITE, "call", "wants two sites more"),
    ),
    Job(
        "Move an opportunity to another stage",
        (),
        ("s", "=won", "enter"),
        lambda store: _value(queries.record(store, WEBSITE), "stage") == "won",
    ),
    Job(
        "Write a note on the record",
        (),
        ("n", "=likes green", "enter"),
        lambda store: _logged(store, WEBSITE, "note", "likes green"),
    ),
    Job("Say no to junk", ("j",), ("x",), lambda store: queries.conversation(store, 2).suggestion is None),
    Job(
        "Set the day of the next touch",
        ("G",),
        ("h", "=fri", "enter"),
        lambda store: 7 not in queries.thread_ids(store, Mailview.TRIAGE, viewer=OLA),
    ),
    Job(
        "Convert a lead",
        ("G",),
        ("C", "ctrl+s"),
        lambda store: queries.record(store, HAAKON).state != "live" or queries.record(store, HAAKON).pending > 0,
    ),
    Job(
        "Archive all newsletters of a sender, three of them",
        ("f", "=noise", "enter"),
        ("asterisk", "enter"),
        lambda store: all(queries.conversation(store, each).thread.archived for each in (4, 5, 6)),
    ),
)


@pytest.fixture
def newsletters(floor: Store) -> Store:
    """Three newsletters of one sender."""
    with floor.write() as unit:
        letter = {"from_email": "news@growth.example", "outcome": "ignored", "verdict": "newsletter"}
        unit.execute(messages.update().where(messages.c.thread_id.in_([4, 5, 6])).values(**letter))
        unit.execute(threads.update().where(threads.c.id.in_([5, 6])).values(noise=True))
    return floor


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_the_job_is_done_with_these_keys(
    job: Job, *, floor: Store, app: HitchpostApp, press: Any, settle: Settle, request: pytest.FixtureRequest
) -> None:
    if "asterisk" in job.keys:
        request.getfixturevalue("newsletters")
    seen: list[str] = []

    async def journey() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, *job.before)
            for key in job.keys:
                seen.append(type(app.screen).__name__)
                await press(pilot, key)
            await pilot.pause(0.2)

    asyncio.run(journey())
    assert job.is_done(floor)
    keys, screens = _told(job.name)
    assert keys == f"{len(job.counted)}: {' '.join(f'`{key}`' for key in job.counted)}"
    assert screens == str(len(set(seen)))


def _told(name: str) -> tuple[str, str]:
    [row] = re.findall(rf"^\| {re.escape(name)} \| ([^|]+) \| (\d+) \|", TABLE, re.M)
    return row


def test_the_table_holds_these_jobs_and_no_others() -> None:
    rows = re.findall(r"^\| ([^|]+) \| \d+: ", TABLE, re.M)
    assert rows == [job.name for job in JOBS]
    assert len(rows) == 10


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_the_steps_of_the_others_are_as_many_as_are_spelled_out(job: Job) -> None:
    [counted] = re.findall(
        rf"^\| {re.escape(job.name)} \| \d+: [^|]+ \| \d+ \| ([^|]+) \| ([^|]+) \| \d+ \|$", TABLE, re.M
    )
    [spelled] = re.findall(rf"^\| {re.escape(job.name)} \| ([^|0-9][^|]*) \| ([^|]+) \|$", TABLE, re.M)
    steps = [cell.split(" · ") if cell != "–" else [] for cell in spelled]
    assert list(counted) == [str(len(each)) if each else "–" for each in steps]
    assert any(steps), "one of them can do it"

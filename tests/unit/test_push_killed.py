"""A pusher killed by -9 at every step that it takes: before and after each transaction and each call of the CRM."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from crm_adapters.contract import Capabilities
from crm_model.changes import ChangeKind
from crm_model.records import ActivityKind, Conversion
from sync.push import push_batch
from sync.store.database import Store, Unit
from tests.crm_world import ACCOUNT, CONTACT, LEAD, OPPORTUNITY, LossyAdapter, World

PLAN = b"%PDF plan"
BATCHES = replace(Capabilities(), batch_size=3)


class Steps:
    """Counts what a process does and ends it at step `last`."""

    def __init__(self, last: int) -> None:
        self._left = last

    def take(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class StepAdapter(LossyAdapter):
    """Every call is a step before and one after."""

    steps: Steps

    def _before(self, call: str) -> None:
        self.steps.take()

    def _after(self, call: str) -> None:
        self.steps.take()


class StepStore(Store):
    """Every transaction is a step before, one just before its commit, and one after."""

    steps: Steps

    @contextlib.contextmanager
    def write(self) -> Iterator[Unit]:
        self.steps.take()
        with super().write() as unit:
            yield unit
            self.steps.take()
        self.steps.take()


def prepare(folder: Path) -> None:
    """Leads with edits, notes and mails under way, an account with its contact, a conversion; all in one outbox."""
    world = World(folder)
    held = world.lead(title="CTO")
    for number in range(2):
        lead = world.create(LEAD, {"last_name": f"Lead {number}", "email": f"l{number}@bo.example"})
        world.edit(lead, {"title": "CEO"})
        world.note(lead, ActivityKind.EMAIL, f"<{number}@bo.example>")
    account = world.create(ACCOUNT, {"name": "Bo"})
    contact = world.create(CONTACT, {"last_name": "Ås", "account_id": f"local:{account}"})
    world.note(contact, ActivityKind.EMAIL, "<0@bo.example>")
    world.note(held)
    world.edit(held, {"title": "CEO"})
    for record in (lead, account):
        world.attach(record, "plan.pdf", PLAN)
    world.enqueue(ChangeKind.CONVERT, held, details=Conversion(account={"name": "Bø"}, opportunity={"name": "Deal"}))
    world.close()


def push_and_die(folder: Path, last: int) -> bool:
    """Push in a process of its own that is killed at step `last`; whether it lived to the end."""
    child = os.fork()
    if child == 0:
        _push(folder, last)
    _, status = os.waitpid(child, 0)
    assert os.WIFEXITED(status) or os.WTERMSIG(status) == signal.SIGKILL
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def _push(folder: Path, last: int) -> NoReturn:
    code = 1
    try:
        steps = Steps(last)
        world = World(folder)
        world.mailbox["plan.pdf"] = PLAN
        adapter, store = StepAdapter(folder / "crm.db"), StepStore(world.store._engine)
        adapter.steps = store.steps = steps
        adapter.capabilities = BATCHES
        while push_batch(store, adapter, worker="agent", now=world.clock, read_file=world.read_file).pushed:
            pass
        code = 0
    finally:
        os._exit(code)


def check(folder: Path) -> None:
    """Whoever comes next finishes the work: everything is there once."""
    world = World(folder)
    world.mailbox["plan.pdf"] = PLAN
    world.pull()
    while push_batch(world.store, world.adapter, worker="agent", now=world.clock, read_file=world.read_file).pushed:
        pass
    world.pull()
    try:
        assert set(world.counts()) == {"done"}, world.counts()
        assert world.colleague.test().counts == {LEAD: 3, CONTACT: 2, ACCOUNT: 2, OPPORTUNITY: 1}
        for number in range(2):
            (lead,) = world.colleague.find_by_email(f"l{number}@bo.example")
            assert lead.fields["title"] == "CEO"
            assert len(world.colleague.activities(LEAD, lead.id)) == 1
            assert [file.size_bytes for file in world.colleague.files((LEAD, lead.id))] == [len(PLAN)] * number
        with world.store.read() as unit:
            assert unit.exec_driver_sql("SELECT count(*) FROM records").scalar() == 8
            assert unit.exec_driver_sql("SELECT count(*) FROM conflicts").scalar() == 0
    finally:
        world.close()


@pytest.mark.timeout(240)
def test_a_kill_at_any_step_loses_and_doubles_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    prepare(source)
    step, lived = 0, False
    while not lived:
        step += 1
        folder = tmp_path / f"step{step}"
        shutil.copytree(source, folder)
        lived = push_and_die(folder, step)
        check(folder)
        shutil.rmtree(folder)
    assert step > 30

"""Several threads push at once: each record in its order, each mail once, nobody waits for a slow record."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crm_adapters.local.adapter import LocalAdapter
from crm_model.errors import LoginNeeded, Unreachable
from crm_model.records import Activity, ActivityKind, Fields, Record, RecordKind
from sync.push import PushResult, push_batch
from tests.crm_world import CONTACT, LEAD, World


class SlowAdapter(LocalAdapter):
    """Takes its time, and counts who is in it at once."""

    def __init__(self, path: Path, watch: Watch) -> None:
        super().__init__("crm", path)
        self.capabilities = replace(self.capabilities, parallel_calls=4)
        self._watch, self._thread = watch, threading.get_ident()

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        with self._watch.call(self._thread):
            return super().update(kind, record_id, fields, if_revision)

    def log_activity(self, activity: Activity, key: str) -> str:
        with self._watch.call(self._thread):
            return super().log_activity(activity, key)


class Watch:
    """What the adapters of one test share."""

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.calls = threading.Lock(), 0, 0, 0
        self.strange = False
        self.faults: list[Exception] = []

    def call(self, owner: int) -> Watch:
        self.strange = self.strange or owner != threading.get_ident()
        return self

    def __enter__(self) -> None:
        with self.lock:
            self.now, self.calls = self.now + 1, self.calls + 1
            self.most = max(self.most, self.now)
            fault = self.faults.pop(0) if self.faults else None
        time.sleep(0.02)
        if fault is not None:
            with self.lock:
                self.now -= 1
            raise fault

    def __exit__(self, *_error: object) -> None:
        with self.lock:
            self.now -= 1


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def push(world: World, watch: Watch, tmp_path: Path) -> PushResult:
    def open_another() -> SlowAdapter:
        return SlowAdapter(tmp_path / "crm.db", watch)

    adapter = open_another()
    try:
        return push_batch(world.store, adapter, worker="w", now=world.clock, open_another=open_another)
    finally:
        adapter.close()


def test_records_go_out_side_by_side_and_each_in_its_order(world: World, tmp_path: Path) -> None:
    leads = [world.lead(email=f"{number}@bo.example") for number in range(6)]
    for title in ("CTO", "CFO", "CEO"):
        for lead in leads:
            world.edit(lead, {"title": title})
    watch = Watch()
    assert push(world, watch, tmp_path) == PushResult(pushed=18)
    assert watch.most > 1
    assert not watch.strange
    assert {world.theirs(lead).fields["title"] for lead in leads} == {"CEO"}
    assert all(world.record(lead).revision == world.theirs(lead).revision for lead in leads)


def test_a_mail_on_several_records_is_one_call_and_one_activity(world: World, tmp_path: Path) -> None:
    lead, contact = world.lead(), world.create(CONTACT, {"last_name": "Ås"})
    world.push()
    for record in (lead, contact):
        world.note(record, ActivityKind.EMAIL, "<1@bo.example>")
    watch = Watch()
    assert push(world, watch, tmp_path).pushed == 2
    assert watch.calls == 1
    (on_lead,) = world.colleague.activities(LEAD, world.theirs(lead).id)
    (on_contact,) = world.colleague.activities(CONTACT, world.theirs(contact).id)
    assert on_lead.id == on_contact.id


def test_a_fault_of_one_record_does_not_hold_up_the_others(world: World, tmp_path: Path) -> None:
    leads = [world.lead(email=f"{number}@bo.example") for number in range(6)]
    for lead in leads:
        world.edit(lead, {"title": "CEO"})
    watch = Watch()
    watch.faults = [Unreachable("cut")]
    result = push(world, watch, tmp_path)
    assert (result.pushed, result.postponed, result.problem) == (5, 1, "")


def test_nobody_goes_on_when_a_sign_in_is_needed(world: World, tmp_path: Path) -> None:
    leads = [world.lead(email=f"{number}@bo.example") for number in range(40)]
    for lead in leads:
        world.edit(lead, {"title": "CEO"})
    watch = Watch()
    watch.faults = [LoginNeeded("Sign in again.", account="crm")] * 40
    result = push(world, watch, tmp_path)
    assert (result.pushed, result.problem) == (0, "Sign in again.")
    assert watch.calls < 20
    assert world.counts()["pending"] == 40
    watch.faults = []
    assert push(world, watch, tmp_path).pushed == 40

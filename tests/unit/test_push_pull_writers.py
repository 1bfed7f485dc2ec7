"""Two writers at random, answers lost, processes restarted, clocks wrong: no update is lost, nothing is made twice.

The colleague edits the CRM; the person edits here. Every edit writes a value of its own, so that at the end each
one can be accounted for. A value may be overwritten only by an edit of somebody who had seen it. A conflict is
needless when the person saw the colleague's value when editing; there is none of these.

HITCHPOST_FUZZ=500 plays that many games instead of a few.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crm_adapters.local.adapter import LocalAdapter
from crm_model.errors import Unreachable
from crm_model.records import Fields, FieldValue, Record, RecordKind
from sync.store import conflicts, crms, own_changes, records
from sync.store.crms import CrmPlace
from sync.store.database import next_seq
from sync.store.schema import open_store
from tests.crm_world import LEAD, LossyAdapter, World

FIELDS = ("title", "company", "phone")
FAILURES = st.sampled_from(["", "", "lost", "refused"])
GAMES = int(os.environ.get("HITCHPOST_FUZZ", "12"))
Key = tuple[int, str]


class WatchedAdapter(LossyAdapter):
    """Notes what every update of ours overwrote in the CRM."""

    overwritten: list[tuple[str, str, FieldValue, FieldValue]]

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        before = self.get(kind, record_id)
        try:
            return super().update(kind, record_id, fields, if_revision)
        finally:
            if self.get(kind, record_id).revision != before.revision:
                self.overwritten += [(record_id, name, before.fields.get(name), fields[name]) for name in fields]


class TwoWriters(RuleBasedStateMachine):
    @initialize(batch_size=st.integers(1, 3))
    def begin(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name))
        self.world.adapter.close()
        self.overwritten: list[tuple[str, str, FieldValue, FieldValue]] = []
        self.open_adapter()
        self.leads: list[int] = []
        self.number = 0
        self.shown: dict[FieldValue, FieldValue] = {}  # the value that stood where another one was written
        self.seen: dict[FieldValue, set[FieldValue]] = {}  # the values the writer of a value had before them
        self.mine: dict[Key, list[FieldValue]] = {}
        self.create()

    def open_adapter(self) -> None:
        adapter = WatchedAdapter(Path(self.folder.name) / "crm.db")
        adapter.overwritten = self.overwritten
        adapter.capabilities = replace(adapter.capabilities, batch_size=self.batch_size)
        self.world.adapter = adapter

    def value(self) -> str:
        self.number += 1
        return f"value {self.number}"

    @rule()
    def create(self) -> None:
        if len(self.leads) < 3:
            self.leads.append(self.world.create(LEAD, {"last_name": f"Lead {len(self.leads)}"}))

    @rule(lead=st.integers(0, 2), names=st.sets(st.sampled_from(FIELDS), min_size=1))
    def person_edits(self, lead: int, names: set[str]) -> None:
        record_id = self.leads[lead % len(self.leads)]
        shown = self.world.record(record_id).fields
        edit: dict[str, FieldValue] = {name: self.value() for name in sorted(names)}
        with self.world.store.read() as unit:
            undecided = {held.field: held.theirs for held in conflicts.of_record(unit, record_id)}
        for name, value in edit.items():
            own = self.mine.setdefault((record_id, name), [])
            if name not in undecided:
                self.shown[value] = shown.get(name)
            self.seen[value] = {shown.get(name), undecided.get(name), *own}
            own.append(value)
        self.world.edit(record_id, edit)

    @rule(lead=st.integers(0, 2), name=st.sampled_from(FIELDS))
    def colleague_edits(self, lead: int, name: str) -> None:
        record_id = self.leads[lead % len(self.leads)]
        if self.world.record(record_id).remote_id:
            self.world.colleague_sets(record_id, {name: self.value()})

    @rule(outcomes=st.lists(FAILURES, max_size=4))
    def push(self, outcomes: list[str]) -> None:
        for call in ("create", "update"):
            self.world.adapter.lost[call] = [Unreachable("lost")] * outcomes.count("lost")
            self.world.adapter.refused[call] = [Unreachable("down")] * outcomes.count("refused")
        self.world.push()
        self.world.adapter.lost, self.world.adapter.refused = {}, {}

    @rule()
    def pull(self) -> None:
        self.world.pull()

    @rule()
    def wait(self) -> None:
        self.world.wait()

    @rule(hours=st.integers(-30, 30))
    def clock_jumps(self, hours: int) -> None:
        """The agent's machine has its time set right, or wrong."""
        self.world.clock += timedelta(hours=hours)

    @rule(kind=st.sampled_from([LEAD]))
    def read_anew(self, kind: RecordKind) -> None:
        """The CRM does not know our place any more: every record comes again."""
        with self.world.store.write() as unit:
            crms.set_place(unit, "crm", kind, CrmPlace("", next_seq(unit)))

    @rule()
    def restart(self) -> None:
        self.world.adapter.close()
        self.world.store.close()
        self.world.store = open_store(f"sqlite:///{Path(self.folder.name) / 'store.db'}")
        self.open_adapter()

    @rule(choice=st.sampled_from(["mine", "theirs"]))
    def decide(self, choice: str) -> None:
        for record_id in self.leads:
            with self.world.store.write() as unit:
                held = next(iter(conflicts.of_record(unit, record_id)), None)
                if held is not None:
                    conflicts.settle(unit, held.id, choice, self.world.clock)
            if held is not None and choice == "mine":
                self.seen.setdefault(held.mine, set()).add(held.theirs)
                self.world.edit(record_id, {held.field: held.mine}, base={held.field: held.theirs})
            elif held is not None:
                with self.world.store.write() as unit:
                    records.set_fields(unit, record_id, {held.field: held.theirs})

    @invariant()
    def nothing_unseen_is_overwritten(self) -> None:
        for _, name, before, value in self.overwritten:
            assert not before or before == value or before in self.seen[value], (name, before, value)

    @invariant()
    def a_conflict_is_with_the_colleague(self) -> None:
        for record_id in self.leads:
            for name, (_, theirs) in self.world.conflict_fields(record_id).items():
                assert theirs not in self.mine.get((record_id, name), ())

    @invariant()
    def no_conflict_is_needless(self) -> None:
        for record_id in self.leads:
            for mine, theirs in self.world.conflict_fields(record_id).values():
                assert mine not in self.shown or self.shown[mine] != theirs

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.clock += timedelta(days=90)  # past everything that a wrong clock put off
        for _ in range(8):
            self.world.wait()
            self.world.push()
            self.world.pull()
        self.everything_is_accounted_for()
        self.world.close()
        self.folder.cleanup()

    def everything_is_accounted_for(self) -> None:
        assert self.world.counts().keys() <= {"done", "conflict", "cancelled"}
        theirs = LocalAdapter("check", Path(self.folder.name) / "crm.db")
        assert theirs.test().counts[LEAD] == len(self.leads)
        theirs.close()
        for record_id in self.leads:
            here, there = self.world.record(record_id), self.world.theirs(record_id)
            undecided = self.world.conflict_fields(record_id)
            assert here.base == there.fields
            for name in FIELDS:
                if name in undecided:
                    assert undecided[name] == (here.fields.get(name), there.fields.get(name))
                else:
                    assert (here.fields.get(name) or None) == (there.fields.get(name) or None)
        with self.world.store.read() as unit:
            assert own_changes.unsettled_records(unit, self.leads) == set()


TestTwoWriters = TwoWriters.TestCase
TestTwoWriters.settings = settings(
    max_examples=GAMES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

"""Records that a CRM deleted or merged: their links say so, and nothing is left hanging."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crm_adapters.contract import RecordPage
from crm_model.changes import ChangeState
from crm_model.records import RecordKind
from sync import edits, queries
from sync.store.tables import messages, threads
from sync.views import Mailview
from tests.crm_world import LEAD, NOW, LossyAdapter, World


class QuietAdapter(LossyAdapter):
    """Does not tell what was deleted; says what was merged, if told so."""

    merged: dict[str, str]
    asked: int

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        page = super().changes(kind, cursor, limit)
        told = {one: other for one, other in self.merged.items() if one in page.removed}
        return replace(page, removed=tuple(told), merged=told)

    def gone(self, kind: RecordKind, record_ids: object) -> frozenset[str]:
        self.asked += 1
        return super().gone(kind, record_ids)  # type: ignore[arg-type]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.adapter.close()
    quiet = QuietAdapter(tmp_path / "crm.db")
    quiet.merged, quiet.asked = {}, 0
    quiet.capabilities = replace(quiet.capabilities, deletions=False)
    made.adapter = quiet
    yield made
    made.close()


def conversation(world: World, record_id: int) -> int:
    """A conversation that is linked to the record."""
    with world.store.write() as unit:
        thread = int(unit.execute(threads.insert().values(family_id=1).returning(threads.c.id)).scalar_one())
        blank = {"recipients": [], "attachments": [], "reasons": [], "thread_facts": {}}
        unit.execute(
            messages.insert().values(
                key=f"m{thread}", node=f"m{thread}", thread_id=thread, received_at=NOW, outcome="held", **blank
            )
        )
    edits.link_thread(world.store, thread, record_id, "Ada")
    return thread


def linked(world: World) -> list[int]:
    return list(queries.thread_ids(world.store, Mailview.LINKED))


def test_what_was_deleted_unseen_is_found_by_asking(world: World) -> None:
    lead, other = world.lead(), world.lead(email="b@bo.example")
    thread = conversation(world, lead)
    world.push()
    world.pull()
    assert linked(world) == [thread]
    world.colleague.delete(LEAD, world.record(lead).remote_id)
    world.pull()
    assert world.record(lead).state == "live"  # asked lately: the next round is hours away
    world.clock += timedelta(hours=7)
    world.pull()
    assert (world.record(lead).state, world.record(other).state) == ("deleted", "live")
    assert linked(world) == []
    (link,) = queries.conversation(world.store, thread).links
    assert link.broken


def test_asking_rests_between_rounds(world: World) -> None:
    adapter = world.adapter
    assert isinstance(adapter, QuietAdapter)
    world.lead()
    world.pull()
    asked = adapter.asked
    world.pull()
    assert adapter.asked == asked
    world.clock += timedelta(hours=7)
    world.pull()
    assert adapter.asked == asked + 1


def test_the_conversations_of_a_merged_record_follow_it(world: World) -> None:
    adapter = world.adapter
    assert isinstance(adapter, QuietAdapter)
    lead, other = world.lead(), world.lead(email="b@bo.example")
    thread = conversation(world, lead)
    world.push()
    gone, into = world.record(lead).remote_id, world.record(other).remote_id
    adapter.merged = {gone: into}
    world.colleague.delete(LEAD, gone)
    world.pull()
    links = {link.record_id: link for link in queries.conversation(world.store, thread).links}
    assert (links[lead].broken, links[lead].merged) == (True, True)
    assert (links[other].broken, links[other].rule) == (False, "merged_record")
    assert linked(world) == [thread]


def test_a_refused_edit_of_a_deleted_record_tells_its_conversations(world: World) -> None:
    lead = world.lead()
    thread = conversation(world, lead)
    world.push()
    assert linked(world) == [thread]
    world.colleague.delete(LEAD, world.record(lead).remote_id)
    world.edit(lead, {"title": "CTO"})
    assert world.push().refused == 1
    assert linked(world) == []
    assert world.counts()[ChangeState.REFUSED.value] == 1


def test_a_record_that_comes_back_takes_its_conversations_back(world: World, tmp_path: Path) -> None:
    lead = world.lead()
    thread = conversation(world, lead)
    world.push()
    world.colleague.delete(LEAD, world.record(lead).remote_id)
    world.clock += timedelta(hours=7)
    world.pull()
    assert linked(world) == []
    with sa.create_engine(f"sqlite:///{tmp_path / 'crm.db'}").begin() as crm:
        crm.exec_driver_sql("UPDATE records SET deleted = 0, seq = seq + 100, revision = revision + 100")
        crm.exec_driver_sql("UPDATE counter SET seq = seq + 1000")
    world.pull()
    assert linked(world) == [thread]

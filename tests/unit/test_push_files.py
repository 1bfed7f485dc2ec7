"""Files of web forms go out to a real embedded CRM: once, after their record, and without holding anything up."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crm_model.changes import ChangeKind
from crm_model.errors import LoginNeeded, NotFound, NotSupported, Unreachable
from crm_model.records import Conversion, FileContent
from sync import queries
from sync.push import PushResult
from sync.store import crms, waiting
from tests.crm_world import CONTACT, LEAD, World

PLAN = b"%PDF-1.7 secret plan"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def held(world: World, record_id: int) -> list[tuple[str, int]]:
    """The files that the CRM has on a record."""
    about = (LEAD, world.record(record_id).remote_id)
    return [(file.name, file.size_bytes) for file in world.colleague.files(about)]


def test_a_file_goes_after_its_record_was_made(world: World) -> None:
    world.adapter.refused["create"] = [Unreachable("away")]
    lead = world.create(LEAD, {"last_name": "Bø"})
    world.attach(lead, "plan.pdf", PLAN)
    with world.store.read() as unit:
        assert waiting.waiting(unit, "crm").in_words().endswith("attach 1 file")
    assert world.push().postponed == 1
    assert world.adapter.calls == ["create"]
    world.wait()
    world.push()
    assert world.counts() == {"done": 2}
    assert held(world, lead) == [("plan.pdf", len(PLAN))]


@pytest.mark.parametrize("keeps_keys", [True, False])
def test_a_lost_answer_hangs_no_second_file(world: World, keeps_keys: bool) -> None:
    world.adapter.capabilities = replace(world.adapter.capabilities, keeps_keys=keeps_keys)
    lead = world.lead()
    world.attach(lead, "plan.pdf", PLAN)
    world.adapter.lost["attach"] = [Unreachable("cut")]
    assert world.push().postponed == 1
    world.wait()
    assert world.push() == PushResult(pushed=1)
    assert held(world, lead) == [("plan.pdf", len(PLAN))]
    assert world.adapter.calls.count("attach") == (2 if keeps_keys else 1)


def test_files_of_one_name_and_size_that_are_not_the_same_both_go(world: World) -> None:
    lead = world.lead()
    world.attach(lead, "photo.jpg", b"one")
    assert world.push().pushed == 1
    world.attach(lead, "photo.jpg", b"two")
    assert world.push().pushed == 1
    assert held(world, lead) == [("photo.jpg", 3)] * 2


def test_a_mailbox_that_is_away_holds_up_neither_the_record_nor_the_crm(world: World) -> None:
    lead = world.lead()
    for fault in (LoginNeeded("sign in to the mailbox", account="work"), Unreachable("away")):
        world.attach(lead, "plan.pdf", fault)
        world.edit(lead, {"title": f"Boss {fault}"})
        assert world.push() == PushResult(pushed=1, postponed=1)
        world.wait()
        world.mailbox["plan.pdf"] = PLAN + str(fault).encode()
        assert world.push() == PushResult(pushed=1)
    with world.store.read() as unit:
        assert not crms.needs_login(unit, "crm")
    assert len(held(world, lead)) == 2


def test_a_file_that_no_mailbox_holds_is_told_and_the_record_lives(world: World) -> None:
    lead = world.lead()
    world.attach(lead, "plan.pdf", NotFound("gone"))
    assert world.push() == PushResult(refused=1)
    assert world.record(lead).state == "live"
    world.edit(lead, {"title": "CEO"})
    world.push()
    assert queries.record(world.store, lead).refused == ("“plan.pdf” was not attached: no mailbox holds it any more.",)


def test_a_crm_without_files_says_so_once(world: World) -> None:
    lead = world.lead()
    for name in ("plan.pdf", "photo.jpg"):
        world.attach(lead, name, PLAN)
    world.adapter.refused["attach"] = [NotSupported("crm keeps no files.", feature="files") for _ in range(2)]
    assert world.push() == PushResult(refused=2)
    words = "crm keeps no files. The file stays with its conversation here."
    assert queries.record(world.store, lead).refused == (words,)


def test_a_file_late_for_its_lead_hangs_on_the_contact(world: World) -> None:
    lead = world.lead()
    world.attach(lead, "plan.pdf", Unreachable("away"))
    world.enqueue(ChangeKind.CONVERT, lead, details=Conversion(account={"name": "Bø"}))
    world.push()
    world.wait()
    world.mailbox["plan.pdf"] = PLAN
    assert world.push() == PushResult(pushed=1)
    contact = str(world.record(lead).fields["converted_contact_id"])
    assert [file.name for file in world.colleague.files((CONTACT, contact))] == ["plan.pdf"]


def test_a_name_from_outside_is_made_harmless_and_nothing_of_it_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    lead = world.lead()
    caplog.set_level(logging.DEBUG)
    world.attach(lead, "plan\x1b[2J\u202efdp.exe" + "x" * 400, PLAN)
    world.attach(lead, "gone\nsecret.pdf", NotFound("gone"))
    assert world.push() == PushResult(pushed=1, refused=1)
    [(name, _)] = held(world, lead)
    assert "\x1b" not in name and "\u202e" not in name and len(name) <= 255
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "secret" not in told and "plan" not in told


def test_the_bytes_of_a_file_are_in_no_representation() -> None:
    assert "secret" not in repr(FileContent("plan.pdf", PLAN))

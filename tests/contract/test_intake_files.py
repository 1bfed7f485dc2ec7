"""Files that somebody sent with a web form: on their way to the record in the CRM; on both databases."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.crm_pass import sync_crm
from agent.summary import Tally
from crm_adapters.local.adapter import LocalAdapter
from crm_model.changes import ChangeState
from crm_model.options import Connection
from crm_model.records import RecordKind
from crm_model.web_events import Submission, UploadedFile
from crm_model.web_forms import TRAP
from sync import edits, mail_log, queries
from sync.store import crms
from sync.store import outbox as outbox_rows
from sync.store.database import Store
from sync.store.tables import outbox, suggestions
from sync.surroundings import Hanging
from tests.intake_world import NOW, PERSON, World, submission

PLAN = b"%PDF-1.7 a plan"


@pytest.fixture
def world(any_store: Store, tmp_path: Path) -> Iterator[World]:
    yield World(any_store, tmp_path / "web-forms")


def with_plan(number: int, form: str = "contact", **values: str) -> Submission:
    return replace(
        submission(number, form, **values), files=(UploadedFile("b", "plan.pdf", "application/pdf", len(PLAN)),)
    )


def attached(world: World) -> list[tuple[str, str, int]]:
    """The files on their way to records: state, name, record."""
    found = [row for row in world.rows(outbox) if row.kind == "attach"]
    return [(row.state, row.details["name"], row.record_id) for row in found]


def test_the_files_of_a_new_lead_s_form_follow_it_to_the_crm(world: World, tmp_path: Path) -> None:
    world.take(with_plan(1, "callback"), files={"b": PLAN})
    world.read()
    world.read()
    [lead] = world.leads()
    assert attached(world) == [("pending", "plan.pdf", lead.id)]
    account = Connection("web forms", "web_forms", {"path": str(world.folder)}, secret=str)
    crm = Connection("local", "local", {"path": str(tmp_path / "crm.db")}, secret=str)
    tally = Tally()
    sync_crm(crm, world.store, tally, report=lambda _: None, stop=threading.Event(), mail_accounts=[account])
    assert tally.errors == []
    with contextlib.closing(LocalAdapter("local", tmp_path / "crm.db")) as colleague:
        [theirs] = colleague.find_by_email(PERSON["email"])
        files = colleague.files((RecordKind.LEAD, theirs.id))
        assert [(file.name, file.size_bytes) for file in files] == [("plan.pdf", len(PLAN))]
    [row] = queries.record(world.store, lead.id).around.files
    assert (row.name, row.hanging) == ("plan.pdf", Hanging.DONE)


def test_the_files_of_somebody_known_hang_on_the_record_and_on_no_other(world: World) -> None:
    lead = world.record(RecordKind.LEAD, last_name="Dahl", email=PERSON["email"])
    world.record(RecordKind.LEAD, last_name="Berg", email="berg@berg.example")
    world.take(with_plan(1), files={"b": PLAN})
    world.read()
    world.take(with_plan(2, "callback", message="Ring meg!"), files={"b": PLAN})
    world.read()
    assert attached(world) == [("pending", "plan.pdf", lead)] * 2


def test_files_from_a_trap_or_where_no_text_may_leave_stay_here(world: World) -> None:
    world.take(with_plan(1, **{TRAP: "buy"}), files={"b": PLAN})
    world.read()
    world.rules = replace(world.rules, log_mail="headers")
    world.take(with_plan(2, email="bo@bo.example"), files={"b": PLAN})
    world.read()
    assert len(world.leads()) == 1
    assert attached(world) == []


def test_files_come_with_the_link_and_are_taken_back_with_it(world: World) -> None:
    mail_log.set_policy(world.store, "text")
    with world.store.write() as unit:
        crms.ensure(unit, "local", "local")
    world.take(with_plan(1, "plain"), files={"b": PLAN})
    world.read()
    [asked] = world.rows(suggestions)
    action = edits.accept_suggestion(world.store, asked.id, "Ida", crm="local")
    [lead] = world.leads()
    assert attached(world) == [("pending", "plan.pdf", lead.id)]
    unlinked = edits.unlink_thread(world.store, asked.thread_id, lead.id, "Ida")
    assert attached(world) == [("cancelled", "plan.pdf", lead.id)]
    assert "stay" not in edits.undo(world.store, unlinked, "Ida")
    assert attached(world) == [("pending", "plan.pdf", lead.id)]
    with world.store.write() as unit:
        [change] = [row for row in world.rows(outbox) if row.kind == "attach"]
        outbox_rows.settle(unit, change.id, ChangeState.DONE, now=NOW)
    assert edits.undo(world.store, action, "Ida").endswith("; the files that the CRM has of it stay on the record")
    assert attached(world) == [("done", "plan.pdf", lead.id)]

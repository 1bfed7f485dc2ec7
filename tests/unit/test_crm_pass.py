"""One pass over a CRM whose file was lost, replaced or damaged: said clearly, and nothing we hold is given up."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.crm_pass import sync_crm
from agent.summary import Tally
from crm_adapters import registry
from crm_adapters.local.adapter import BACKEND, LocalAdapter
from crm_model.options import Connection
from crm_model.records import RecordKind
from sync import edits, queries
from sync.store.crms import confirm
from sync.store.database import Store
from sync.store.tables import crms


@pytest.fixture
def crm(store: Store, tmp_path: Path) -> Connection:
    """The embedded CRM, and three leads that are in it and in the store."""
    connection = Connection("local", "local", {"path": str(tmp_path / "crm.db")}, lambda: "")
    run(store, connection)
    for number in range(3):
        edits.create_record(store, "local", RecordKind.LEAD, {"last_name": f"Lead {number}"}, "Ida")
    assert run(store, connection).changes_pushed == 3
    return connection


def run(store: Store, connection: Connection) -> Tally:
    tally = Tally()
    sync_crm(connection, store, tally, report=lambda _: None, stop=threading.Event())
    return tally


def live(store: Store) -> int:
    return sum(row.state == "live" for row in queries.leads(store))


def test_a_lost_file_does_not_delete_what_we_hold(store: Store, crm: Connection, tmp_path: Path) -> None:
    saved = {path: path.read_bytes() for path in tmp_path.glob("crm.db*")}
    for path in saved:
        path.unlink()
    (problem,) = run(store, crm).errors
    assert "put the old one back" in problem
    assert live(store) == 3
    assert "put the old one back" in queries.status(store).crms[0].error
    for path in tmp_path.glob("crm.db*"):
        path.unlink()
    for path, data in saved.items():
        path.write_bytes(data)
    assert not run(store, crm).errors
    assert live(store) == 3


def test_a_bug_in_an_adapter_is_this_crms_trouble_alone(
    store: Store, crm: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes(*_: object) -> object:
        raise KeyError("canary")

    monkeypatch.setattr(LocalAdapter, "changes", changes)
    (problem,) = run(store, crm).errors
    assert "KeyError" in problem
    assert "canary" not in problem
    assert queries.status(store).crms[0].error


def test_nothing_is_written_before_a_person_confirmed(
    store: Store, crm: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers = dataclasses.replace(BACKEND, asks_first=True)
    monkeypatch.setattr(registry, "load", lambda _kind: strangers)
    with store.write() as unit:
        unit.execute(crms.update().values(confirmed_at=None))
    edits.create_record(store, "local", RecordKind.LEAD, {"last_name": "Held"}, "Ida")
    tally = run(store, crm)
    assert (tally.changes_pushed, tally.errors) == (0, [])
    (place,) = queries.status(store).crms
    assert place.held_back == "create 1 lead, link 0 mails, update 0 records"
    with store.write() as unit:
        confirm(unit, "local", datetime.now(UTC))
    assert run(store, crm).changes_pushed == 1
    assert queries.status(store).crms[0].held_back == ""

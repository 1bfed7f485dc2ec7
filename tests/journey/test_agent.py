"""The agent as a process: new mail and edits go through while it runs, SIGTERM ends it."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crm_adapters.local.adapter import BACKEND
from crm_model.options import Connection
from crm_model.records import RecordKind
from sync import edits, queries
from sync.store.schema import open_store
from sync.views import Mailview
from tests.journey.workplace import Workplace, deliver, make_workplace

PATIENCE_SECONDS = 30


def wait_for(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Workplace]:
    place = make_workplace(tmp_path, poll_seconds=5)
    deliver(place, 1)
    process = place.start("agent")
    yield place
    process.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    _, log = process.communicate(timeout=PATIENCE_SECONDS)
    assert time.monotonic() - asked < 5
    assert process.returncode == 0, log
    assert "firm.example" not in log, "an address reached the log"


def test_mail_edits_and_crm_changes_flow_while_the_agent_runs(running: Workplace) -> None:
    with contextlib.closing(open_store(running.database)) as store:
        wait_for(lambda: len(queries.thread_ids(store, Mailview.ALL)) == 1)
        deliver(running, 2)
        wait_for(lambda: len(queries.thread_ids(store, Mailview.ALL)) == 2)

        wait_for(lambda: queries.fields_of(store, "local", RecordKind.LEAD))
        lead = edits.create_record(store, "local", RecordKind.LEAD, {"last_name": "Lund", "company": "Bygg"}, "Ingrid")
        wait_for(lambda: queries.record(store, lead).remote_id)
        remote_id = queries.record(store, lead).remote_id
        edits.change_record(store, lead, {"title": "Daglig leder"}, {"title": None}, "Ingrid")
        crm = BACKEND.open(Connection("local", "local", {"path": str(running.crm_file)}, lambda: ""))
        with contextlib.closing(crm):
            wait_for(lambda: crm.get(RecordKind.LEAD, remote_id).fields.get("title") == "Daglig leder")
            there = crm.get(RecordKind.LEAD, remote_id)
            crm.update(RecordKind.LEAD, remote_id, {"phone": "+4722334455"}, there.revision)

        def phone_here() -> bool:
            fields = {field.spec.name: field.value for field in queries.record(store, lead).fields}
            return fields.get("phone") == "+4722334455" and fields.get("title") == "Daglig leder"

        wait_for(phone_here)

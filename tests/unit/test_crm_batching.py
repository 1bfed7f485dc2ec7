"""Many writes in few calls: as fast as lists allow, and as careful as one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_adapters import registry
from crm_adapters.contract import Adapter, Write
from crm_adapters.sessions import forget_sessions
from crm_model.errors import NotFound, Rejected, StaleRevision, TryLater
from crm_model.options import Connection
from crm_model.records import Record, RecordKind
from tests.fakes.server import FakeServer, Fault, Reply, empty_500, lost_answer
from tests.fakes.sugar.app import PASSWORD, USER, FakeSugar
from tests.fakes.suitecrm.app import FakeSuiteCrm
from tests.fakes.suitecrm.store import SAM

LEAD, CONTACT = RecordKind.LEAD, RecordKind.CONTACT
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(params=["suitecrm", "sugar"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[FakeServer, Adapter]]:
    backend = str(request.param)
    fake = FakeSuiteCrm() if backend == "suitecrm" else FakeSugar()
    user, secret = (SAM.name, SAM.password) if backend == "suitecrm" else (USER, PASSWORD)
    with FakeServer(fake.answer) as server:
        connection = Connection("crm", backend, {"url": server.url, "user": user, "api": "auto"}, lambda: secret)
        adapter = registry.load(backend).open(connection)
        adapter.create(LEAD, {"last_name": "First"}, "first")  # describes, and proves that ids are taken
        yield server, adapter
        adapter.close()
    forget_sessions()


def new(number: int, **fields: str) -> Write:
    return Write(LEAD, {"last_name": f"Lead {number}", "email": f"a{number}@b.example", **fields}, key=f"key-{number}")


def test_twenty_creations_take_three_calls_and_come_back_in_order(place: tuple[FakeServer, Adapter]) -> None:
    server, adapter = place
    before = len(server.requests)
    done = adapter.write([new(number) for number in range(20)])
    assert len(server.requests) - before == 3
    assert [made.fields["last_name"] for made in done if isinstance(made, Record)] == [f"Lead {n}" for n in range(20)]
    again = adapter.write([new(number) for number in range(20)])
    assert [made.id for made in again if isinstance(made, Record)] == [
        made.id for made in done if isinstance(made, Record)
    ]


def test_each_failure_stays_its_own(place: tuple[FakeServer, Adapter]) -> None:
    _, adapter = place
    held = adapter.create(LEAD, {"last_name": "Held"}, "held")
    done = adapter.write(
        [
            new(1, email="nonsense"),
            Write(LEAD, {"title": "CEO"}, record_id=held.id, if_revision=held.revision),
            Write(LEAD, {"title": "CEO"}, record_id=held.id, if_revision="old"),
            Write(LEAD, {"title": "x"}, record_id="../no", if_revision="1"),
            new(2),
            Write(CONTACT, {"last_name": "Person"}, key="person"),
        ]
    )
    assert [type(each) for each in done] == [Rejected, Record, StaleRevision, NotFound, Record, Record]


def test_addresses_stay_with_their_records_beside_records_that_are_gone(place: tuple[FakeServer, Adapter]) -> None:
    _, adapter = place
    fields = {"last_name": "Two", "email": "a@b.example", "other_emails": ("c@d.example", "e@f.example")}
    gone, held = adapter.create(LEAD, {"last_name": "Gone"}, "gone"), adapter.create(LEAD, fields, "two")
    adapter.delete(LEAD, gone.id)
    edits = [Write(LEAD, {"title": "CEO"}, record_id=each.id, if_revision=each.revision) for each in (gone, held)]
    missing, edited = adapter.write(edits)
    assert isinstance(missing, NotFound)
    assert isinstance(edited, Record)
    assert edited.fields["other_emails"] == ("c@d.example", "e@f.example")


def test_a_list_that_is_refused_as_a_whole_is_written_one_by_one(place: tuple[FakeServer, Adapter]) -> None:
    server, adapter = place
    refusal = {"name": "Access Denied", "number": 40, "description": "no", "error": "not_authorized"}
    status = 200 if "suitecrm" in type(adapter).__module__ else 403
    server.fail(Fault(Reply(status, refusal), path="rest"))
    done = adapter.write([new(number) for number in range(3)])
    assert [type(each) for each in done] == [Record] * 3


@pytest.mark.parametrize("fault", ["lost", "crash"])
def test_a_lost_list_makes_nothing_twice_and_loses_nothing(place: tuple[FakeServer, Adapter], fault: str) -> None:
    server, adapter = place
    held = adapter.create(LEAD, {"last_name": "Held"}, "held")
    edit = Write(LEAD, {"title": "CEO"}, record_id=held.id, if_revision=held.revision)
    writes = [new(1), edit, new(2)]
    path = "bulk"
    if "suitecrm" in type(adapter).__module__:
        path = "rest.php"
        server.fail(Fault(carried_out=True))  # the look before it goes well
    server.fail(lost_answer(path=path) if fault == "lost" else empty_500(path=path))
    done = adapter.write(writes)
    if any(isinstance(each, TryLater) for each in done):
        done = adapter.write(writes)
    found = [each.fields["last_name"] for each in done if isinstance(each, Record)]
    assert found == ["Lead 1", "Held", "Lead 2"]
    assert len(adapter.find_by_email("a1@b.example", "a2@b.example")) == 2
    assert adapter.get(LEAD, held.id).fields["title"] == "CEO"

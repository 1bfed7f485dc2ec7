"""Changes reach a CRM over the network, several at once, through lost answers, server faults and limits: each once."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crm_adapters.contract import Adapter
from crm_adapters.sessions import forget_sessions
from crm_model.options import Connection
from crm_model.records import ActivityKind
from sync.crm_access import open_crm
from sync.push import push_batch
from tests.crm_world import CONTACT, LEAD, World
from tests.fakes.espocrm.server import PASSWORDS, FakeEspo
from tests.fakes.server import FakeServer, cut_answer, empty_500, lost_answer, lost_request, page

LEADS = 6
FAULTS = (
    lost_answer(path="/Lead", method="POST", times=2),
    lost_answer(path="/Email", method="POST"),
    lost_answer(path="/documents", method="POST"),
    lost_answer(path="/Attachment", method="POST"),
    cut_answer(path="/Lead", method="PUT"),
    lost_request(path="/Lead", method="PUT"),
    empty_500(path="/Lead", method="POST"),
    page(),
)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    forget_sessions()
    with FakeServer(FakeEspo().answer) as running:
        yield running


class EspoWorld(World):
    """The store's own CRM is the server; the embedded one of `World` stays empty."""

    def __init__(self, folder: Path, server: FakeServer) -> None:
        super().__init__(folder)
        options = {"url": server.url, "user": "sam"}
        self.open_one = functools.partial(open_crm, Connection("crm", "espocrm", options, lambda: PASSWORDS["sam"]))
        self.espo: Adapter = self.open_one()

    @property
    def mapped(self) -> Adapter:
        return self.espo

    def drain(self) -> None:
        """Push and pull until nothing is left, whatever happens on the way."""
        for _ in range(9):
            push_batch(
                self.store, self.espo, worker="w", now=self.clock, open_another=self.open_one, read_file=self.read_file
            )
            self.pull()
            self.clock += timedelta(hours=2)

    def close(self) -> None:
        self.espo.close()
        super().close()


@pytest.fixture
def world(tmp_path: Path, server: FakeServer) -> Iterator[EspoWorld]:
    made = EspoWorld(tmp_path, server)
    yield made
    made.close()


@pytest.mark.timeout(180)
def test_every_change_arrives_once_whatever_breaks(world: EspoWorld, server: FakeServer) -> None:
    leads = [
        world.create(LEAD, {"last_name": f"Lead {number}", "email": f"l{number}@bo.example"}) for number in range(LEADS)
    ]
    contact = world.create(CONTACT, {"last_name": "Ås", "email": "as@bo.example"})
    for lead in leads:
        world.edit(lead, {"title": "CEO"})
        world.note(lead, ActivityKind.EMAIL, f"<{lead}@bo.example>")
        world.attach(lead, f"plan {lead}.pdf", b"%PDF plan")
    world.note(contact, ActivityKind.EMAIL, f"<{leads[0]}@bo.example>")
    server.fail(*FAULTS)
    world.drain()
    assert set(world.counts()) == {"done"}, world.counts()
    assert world.espo.test().counts[LEAD] == LEADS
    for number, lead in enumerate(leads):
        (theirs,) = world.espo.find_by_email(f"l{number}@bo.example")
        assert theirs.fields["title"] == "CEO"
        assert world.record(lead).remote_id == theirs.id
        assert len(world.espo.activities(LEAD, theirs.id)) == 1
        assert [file.name for file in world.espo.files((LEAD, theirs.id))] == [f"plan {lead}.pdf"]
    mails = [request for request in server.requests if request.method == "POST" and request.path.endswith("/Email")]
    assert len(mails) <= LEADS + 2  # one for a mail on two records, one more for each that was lost


def test_edits_on_both_sides_merge(world: EspoWorld) -> None:
    lead = world.create(LEAD, {"last_name": "Bø", "email": "bo@bo.example", "title": "CTO"})
    world.drain()
    theirs = world.espo.get(LEAD, world.record(lead).remote_id)
    world.espo.update(LEAD, theirs.id, {"phone": "+47 22 00 00 00"}, theirs.revision)
    world.edit(lead, {"title": "CEO"})
    world.drain()
    theirs = world.espo.get(LEAD, theirs.id)
    assert (theirs.fields["title"], theirs.fields["phone"]) == ("CEO", "+47 22 00 00 00")
    assert world.conflict_fields(lead) == {}
    world.espo.update(LEAD, theirs.id, {"title": "CFO"}, theirs.revision)
    world.edit(lead, {"title": "CXO"})
    world.drain()
    assert world.conflict_fields(lead) == {"title": ("CXO", "CFO")}


def test_what_was_deleted_there_is_found_out(world: EspoWorld) -> None:
    lead = world.create(LEAD, {"last_name": "Bø", "email": "bo@bo.example"})
    world.drain()
    world.espo.delete(LEAD, world.record(lead).remote_id)
    world.clock += timedelta(hours=7)
    world.pull()
    assert world.record(lead).state == "deleted"

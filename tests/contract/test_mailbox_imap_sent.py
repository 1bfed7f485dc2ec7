"""What was sent is found in Sent by its Message-ID, on servers that can't search for it too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from crm_model.options import Connection
from sync.mailboxes.imap.sent import ImapSentFolder
from tests.fakes.imap_server import RigServer
from tests.fakes.imap_world import World, message_id


@pytest.fixture(params=[True, False], ids=["searches", "does not search"])
def server(request: pytest.FixtureRequest) -> Iterator[RigServer]:
    world = World(1)
    world.deliver(300)
    running = RigServer(world)
    running.indexes_headers = request.param
    yield running
    running.close()


def test_it_is_found(server: RigServer) -> None:
    given = {"host": "127.0.0.1", "port": server.port, "user": "me", "tls": "none"}
    sent = server.world.boxes["Sent"].held
    assert len(sent) > 40
    with closing(ImapSentFolder(Connection("work", "imap", given, secret=lambda: "secret"))) as folder:
        assert folder.holds(message_id(sent[max(sent)].data))
        assert folder.holds(message_id(sent[1].data)) is server.indexes_headers
        assert not folder.holds("nobody@rig.example")
        sent.clear()
        assert not folder.holds("nobody@rig.example")

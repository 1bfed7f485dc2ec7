"""Flags that other programs change arrive, whatever the server answers when it is asked what has changed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from crm_model.errors import TryLater
from crm_model.options import Connection
from sync.mailboxes.contract import MailSource
from sync.mailboxes.imap import IMAP
from sync.mailboxes.testing import Holding
from tests.fakes.imap_server import RigServer
from tests.fakes.imap_world import World


class PickyServer(RigServer):
    """It goes wrong where the test says so: `refuses` sees each command."""

    refuses: Callable[[str], bool] = staticmethod(lambda _command: False)

    def fault(self, command: str) -> str:
        return "bad" if self.refuses(command) else ""


@pytest.fixture
def profile() -> str:
    return "qresync"


@pytest.fixture
def server(profile: str) -> Iterator[PickyServer]:
    world = World(1)
    world.deliver(60)
    running = PickyServer(world, profile)
    yield running
    running.close()


@pytest.fixture
def holding() -> Holding:
    return Holding()


def open_source(server: PickyServer, months: int = 0) -> MailSource:
    given = {"host": "127.0.0.1", "port": server.port, "user": "me", "tls": "none", "backfill_months": months}
    return IMAP.open(Connection("work", "imap", given, secret=lambda: "secret"))


def read(server: PickyServer, holding: Holding) -> None:
    holding.read_all(lambda: open_source(server))


def star(server: PickyServer, *places: int) -> set[str]:
    """Another program flags the messages at these places of the inbox; their uids."""
    box = server.world.boxes["INBOX"]
    with server.world.lock:
        uids = [sorted(box.held)[place] for place in places]
        for uid in uids:
            box.mark(uid, box.held[uid].flags ^ {"\\Flagged"})
    return {str(uid) for uid in uids}


def starred(holding: Holding) -> set[str]:
    return {uid for uid, flags in holding.flags.items() if "\\flagged" in flags}


def once(word: str) -> Callable[[str], bool]:
    left = [True]

    def refuses(command: str) -> bool:
        if word not in command or not left[0]:
            return False
        left[0] = False
        return True

    return refuses


@pytest.mark.parametrize("profile", ["qresync", "condstore"])
@pytest.mark.parametrize("word", ["CHANGEDSINCE", "ENABLE"])
@pytest.mark.parametrize("for_ever", [False, True])
def test_a_refused_question_is_no_answer(server: PickyServer, holding: Holding, word: str, for_ever: bool) -> None:
    read(server, holding)
    wanted = star(server, 2, 5)
    server.refuses = once(word) if not for_ever else lambda command: word in command
    read(server, holding)
    assert starred(holding) == wanted
    server.world.boxes["INBOX"].expunge(int(min(wanted)))
    read(server, holding)
    assert starred(holding) == wanted - {min(wanted)}


@pytest.mark.parametrize("profile", ["qresync", "condstore"])
def test_flags_that_can_not_be_had_are_asked_for_again(server: PickyServer, holding: Holding) -> None:
    read(server, holding)
    wanted = star(server, 2, 5)
    server.refuses = lambda command: "(UID FLAGS)" in command
    with pytest.raises(TryLater):
        read(server, holding)
    server.refuses = lambda _command: False
    read(server, holding)
    assert starred(holding) == wanted


@pytest.mark.parametrize("profile", ["qresync", "condstore", "plain"])
def test_a_lost_cursor_brings_no_old_flags(server: PickyServer, holding: Holding) -> None:
    read(server, holding)
    wanted = star(server, 0, 30)
    holding.cursor = ""
    read(server, holding)
    assert starred(holding) == wanted
    assert len(holding.delivered) == len(set(holding.delivered))


@pytest.mark.parametrize("profile", ["qresync", "condstore"])
def test_another_backfill_brings_no_old_flags(server: PickyServer, holding: Holding) -> None:
    """Not even when its pass is broken off before it comes to the messages of the earlier one."""
    server.world.deliver(1_000)
    read(server, holding)
    server.world.deliver(1_000)
    wanted = star(server, 0)
    with contextlib.closing(open_source(server, months=1_000)) as source:
        assert holding.read_page(source, source.folders()[0]).more
    wanted |= star(server, 1)
    holding.read_all(lambda: open_source(server, months=1_000))
    assert starred(holding) == wanted

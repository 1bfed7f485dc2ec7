"""News shows at once, wishes are met at once, and a broken watch costs no mail; against a real Dovecot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
import sqlalchemy as sa

from agent.mail_loop import MailLoop
from agent.rules import Rules
from crm_model.errors import NotSupported, Unreachable
from crm_model.options import Connection
from crm_model.organisation import Organisation
from sync import edits
from sync.mailboxes.imap import login, watch
from sync.mailboxes.imap.watch import ImapWatch
from sync.mailboxes.testing import START, letter, letters
from sync.store import Store
from sync.store.tables import messages
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scripted_imap import DROP, ScriptedImap

NEVER = 3600.0


def account_of(server: Dovecot, user: str) -> Connection:
    given = {"host": "localhost", "port": server.tls_port, "user": user, "ca_file": str(server.ca_file)}
    return Connection("work", "imap", given, secret=lambda: PASSWORD)


def stored(store: Store) -> int:
    with store.read() as unit:
        return int(unit.execute(sa.select(sa.func.count()).select_from(messages)).scalar_one())


def until(condition: Callable[[], bool]) -> None:
    """Waits as long as the test's time limit lets it."""
    while not condition():
        time.sleep(0.02)


@contextmanager
def running(account: Connection, store: Store) -> Iterator[None]:
    stop = threading.Event()
    loop = MailLoop(account, store, Rules(organisation=Organisation()), NEVER, stop)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


@pytest.mark.timeout(120)
def test_new_mail_and_wishes_do_not_wait_for_the_next_poll(dovecot: Dovecot, store: Store) -> None:
    user = dovecot.new_user()
    (name,) = dovecot.fill(user, letters(1))
    with running(account_of(dovecot, user), store):
        until(lambda: stored(store) == 1)
        for number in range(10, 13):
            dovecot.fill(user, [(letter(number), START)])
            until(lambda number=number: stored(store) == number - 8)
        edits.mark_read(store, 1, "Kari")
        until(lambda: dovecot.file(user, name).name.endswith("S"))


@pytest.mark.timeout(120)
def test_a_round_ends_and_begins_again(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "ROUND_SECONDS", 0.2)
    user = dovecot.new_user()
    with closing(ImapWatch(account_of(dovecot, user))) as watching:
        assert watching.wait(1)
        assert not watching.wait(0)
        assert any(watching.wait(1) for _ in range(3))  # a look at the end of a round
        dovecot.fill(user, letters(1))
        assert any(watching.wait(5) for _ in range(40))


def scripted(server: ScriptedImap) -> ImapWatch:
    given = {"host": "127.0.0.1", "port": server.port, "user": "me", "tls": "none"}
    return ImapWatch(Connection("work", "imap", given, secret=lambda: "secret"))


@pytest.mark.parametrize(
    ("capabilities", "answer"),
    [
        ("IMAP4rev1", b""),
        ("IMAP4rev1 IDLE", b"TAG NO not today\r\n"),
        ("IMAP4rev1 IDLE", b"* FLAGS ()\r\nTAG BAD what\r\n"),
    ],
)
def test_a_server_without_idle_is_polled(capabilities: str, answer: bytes) -> None:
    with ScriptedImap({1: letter(1)}, capabilities=capabilities) as server:
        server.fault = lambda command: answer if command == "IDLE" else None
        with closing(scripted(server)) as watching, pytest.raises(NotSupported):
            watching.wait(1)


@pytest.mark.timeout(120)
def test_talk_before_and_during_idle() -> None:
    with ScriptedImap({1: letter(1)}, capabilities="IMAP4rev1 IDLE") as server:
        server.fault = {"IDLE": b"* FLAGS (\\Seen)\r\n+ idling\r\n* OK Still here\r\n"}.get
        with closing(scripted(server)) as watching:
            assert watching.wait(1)


@pytest.mark.timeout(120)
def test_a_dead_link_is_noticed() -> None:
    with ScriptedImap({1: letter(1)}, capabilities="IMAP4rev1 IDLE") as server:
        server.fault = lambda command: b"+ idling\r\n* BYE too long\r\n" + DROP if command == "IDLE" else None
        with closing(scripted(server)) as watching:
            assert watching.wait(1)
            with pytest.raises(Unreachable):
                watching.wait(5)
            server.fault = lambda command: b"+ idling\r\n" if command == "IDLE" else None
            assert watching.wait(1)  # a new connection: something may have come meanwhile


@pytest.mark.timeout(120)
def test_a_link_that_died_without_a_word_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A router forgot the connection: what is written arrives nowhere, and nothing ever comes."""
    monkeypatch.setattr(watch, "ROUND_SECONDS", 0.1)
    monkeypatch.setattr(login, "READ_SECONDS", 0.3)
    with ScriptedImap({1: letter(1)}, capabilities="IMAP4rev1 IDLE") as server:
        server.fault = {"IDLE": b"+ idling\r\n", "DONE": b""}.get
        with closing(scripted(server)) as watching:
            assert watching.wait(1)
            with pytest.raises(Unreachable, match="in time"):
                for _ in range(3):
                    watching.wait(0.2)

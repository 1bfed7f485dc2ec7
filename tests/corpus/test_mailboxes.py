"""The shared mail comes out of every kind of mailbox as it went in."""

from __future__ import annotations

import mailbox
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from crm_model.options import Connection, OptionValue
from sync.mailboxes import registry
from sync.mailboxes.contract import HEAD_BYTES
from sync.mailboxes.testing import START, Holding
from tests.servers.dovecot import PASSWORD, Dovecot

MAIL = Path(__file__).parents[2].parent / "shared" / "data" / "mail"
pytestmark = pytest.mark.skipif(not MAIL.is_dir(), reason="the shared corpus is not on this machine")
NO_MAIL = {".json", ".py", ".xml", ".out", ".md", ".html", ".mbox"}


def mails() -> list[bytes]:
    paths = [path for path in sorted(MAIL.rglob("*")) if path.is_file() and path.suffix not in NO_MAIL]
    return [path.read_bytes() for path in paths]


def read(kind: str, secret: str = "", **options: OptionValue) -> Holding:
    holding, connection = Holding(), Connection("mail", kind, options, secret=lambda: secret)
    holding.read_all(lambda: registry.load(kind).open(connection))
    with closing(registry.load(kind).open(connection)) as source:
        assert set(source.list_uids(source.folders()[0])[1]) == set(holding.held)
    assert not holding.failed
    return holding


def test_maildir(tmp_path: Path) -> None:
    wanted = mails()
    for place in ("cur", "new", "tmp"):
        (tmp_path / place).mkdir()
    for number, data in enumerate(wanted):
        (tmp_path / "cur" / f"17000000{number:05}.x:2,").write_bytes(data)
    holding = read("maildir", path=str(tmp_path))
    assert len(wanted) > 1_000
    assert Counter(message.data for message in holding.held.values()) == Counter(data[:HEAD_BYTES] for data in wanted)


def test_dovecot(dovecot: Dovecot) -> None:
    wanted, user = mails(), dovecot.new_user()
    dovecot.fill(user, [(data, START) for data in wanted])
    options = {"host": "localhost", "port": dovecot.tls_port, "user": user, "ca_file": str(dovecot.ca_file)}
    holding = read("imap", PASSWORD, **options)

    def as_sent(data: bytes) -> bytes:
        return data.replace(b"\r\n", b"\n").replace(b"\0", b"\x80")

    whole = Counter(as_sent(message.data) for message in holding.held.values() if not message.left_out)
    assert len(holding.held) == len(wanted)
    assert whole < Counter(map(as_sent, wanted))
    assert sum(whole.values()) > 0.9 * len(wanted)  # the others lack their attachments; see test_partial


@pytest.mark.parametrize("path", sorted(MAIL.rglob("*.mbox")), ids=lambda path: path.name)
def test_mbox(path: Path) -> None:
    with closing(mailbox.mbox(path, create=False)) as box:
        expected = len(box)
    assert len(read("mbox", path=str(path)).held) == expected

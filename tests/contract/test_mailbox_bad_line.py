"""A real Dovecot behind a bad line: every message once, whatever breaks off where."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
import sqlalchemy as sa

from agent.mail_pass import sync_mail
from agent.rules import Rules
from agent.summary import Tally
from crm_model.options import Connection
from crm_model.organisation import Organisation
from sync import queries
from sync.audit import audit_account
from sync.mailboxes.imap import IMAP
from sync.mailboxes.testing import letters
from sync.store import Store
from sync.store.tables import copies, messages
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import BadLine

RULES = Rules(organisation=Organisation())


def sync(account: Connection, store: Store) -> Tally:
    tally = Tally()
    sync_mail([account], store, RULES, tally, report=lambda _: None, stop=threading.Event())
    return tally


def count(store: Store, table: sa.Table) -> int:
    with store.read() as unit:
        return int(unit.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_message_once_over_a_bad_line(dovecot: Dovecot, store: Store, seed: int) -> None:
    user, line = dovecot.new_user(), BadLine(dovecot.plain_port, seed)
    given = {"host": "127.0.0.1", "port": line.port, "user": user, "tls": "none"}
    account = Connection("work", "imap", given, secret=lambda: PASSWORD)
    dovecot.fill(user, letters(500))
    with closing(line):
        line.trouble_rate, troubled = 0.15, 0
        for _ in range(8):
            if sync(account, store).errors:
                troubled += 1
                assert queries.status(store).mail_accounts[0].error
        line.trouble_rate = 0.0
        sync(account, store)
        assert not queries.status(store).mail_accounts[0].error
        assert count(store, messages) == count(store, copies) == 500
        with closing(IMAP.open(account)) as source:
            assert audit_account(store, source, "work").is_complete
    assert troubled
    assert sum(line.troubles[way] for way in ("cut", "truncate", "delay", "drip")) > 3

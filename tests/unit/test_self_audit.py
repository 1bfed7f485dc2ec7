"""What is missing is fetched, and what can't be had is said."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.mail_pass import sync_mail
from agent.repair import repair
from agent.rules import Rules
from agent.self_audit import SelfAudit
from agent.summary import Tally
from crm_model.errors import TryLater
from crm_model.mail import RawMessage
from crm_model.options import Connection
from crm_model.organisation import Organisation
from sync import queries
from sync.audit import audit_account
from sync.mailboxes.contract import Folder
from sync.mailboxes.maildir import MaildirSource
from sync.mailboxes.testing import letter
from sync.store import Store
from sync.store.tables import copies

RULES = Rules(organisation=Organisation())


@pytest.fixture
def account(tmp_path: Path, store: Store) -> Connection:
    """Six messages, of which the store has lost two."""
    for place in ("cur", "new", "tmp"):
        (tmp_path / "mail" / place).mkdir(parents=True)
    for number in range(6):
        (tmp_path / "mail" / "cur" / f"1709280{number:03}.M1.host:2,").write_bytes(letter(number))
    connection = Connection("work", "maildir", {"path": str(tmp_path / "mail")}, lambda: "")
    sync_mail([connection], store, RULES, Tally(), report=lambda _: None, stop=threading.Event())
    with store.write() as unit:
        unit.execute(copies.delete().where(copies.c.id.in_([2, 5])))
    return connection


def live(store: Store) -> int:
    with store.read() as unit:
        return int(unit.execute(sa.select(sa.func.count()).select_from(copies)).scalar_one())


def errors(store: Store) -> list[str]:
    return [place.error for place in queries.status(store).folders if place.error]


def test_repair_fetches_what_is_missing_and_nothing_else(store: Store, account: Connection) -> None:
    with closing(MaildirSource(account)) as source:
        report = audit_account(store, source, "work")
        assert (report.missing_count, live(store)) == (2, 4)
        repair(store, source, "work", report, RULES)
        assert audit_account(store, source, "work").is_complete
    assert live(store) == 6


def test_the_agent_repairs_by_itself(store: Store, account: Connection) -> None:
    with closing(MaildirSource(account)) as source:
        SelfAudit(account, store, RULES).run(source)
    assert (live(store), errors(store)) == (6, [])


class Silent(MaildirSource):
    """A mailbox that lists a message and never hands it out."""

    def fetch(self, folder: Folder, uid: str) -> RawMessage:
        raise TryLater("not now")


def test_what_can_not_be_had_counts_as_failed_and_is_tried_again(store: Store, account: Connection) -> None:
    with closing(Silent(account)) as source:
        SelfAudit(account, store, RULES).run(source)
    assert queries.status(store).retries == 2


def test_an_alarm_shows_until_an_audit_is_clean(
    store: Store, account: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = SelfAudit(account, store, RULES)
    with closing(MaildirSource(account)) as source:
        with monkeypatch.context() as broken:
            broken.setattr("agent.repair.repair", lambda *_: Tally())
            audit.run(source)
        assert errors(store) == ["2 messages of this folder are not here; “hitchpost audit --repair” fetches them"]
        audit.run(source)
    assert errors(store) == []


def test_a_folder_that_grew_without_intake_is_audited_at_once(store: Store, account: Connection) -> None:
    audit = SelfAudit(account, store, RULES)
    with closing(MaildirSource(account)) as source:
        (folder,) = source.folders()
    assert not audit.look([replace(folder, total=6)])
    assert not audit.look([replace(folder, total=6)])
    assert audit.look([replace(folder, total=7)])
    assert not audit.look([replace(folder, total=None)])

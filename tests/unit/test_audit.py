"""The audit counts every message that a mailbox holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import JSON

from crm_model.options import Connection
from sync.audit import AuditReport, audit_account
from sync.mailboxes.contract import MailSource
from sync.mailboxes.maildir import MAILDIR
from sync.mailboxes.testing import START, letters
from sync.store.database import Store
from sync.store.tables import copies, mail_accounts, mailboxes, messages, threads


def make_source(path: Path, count: int, folders: tuple[str, ...] = ()) -> MailSource:
    for place in ("cur", "new", "tmp"):
        (path / place).mkdir(parents=True)
    for number, (data, at) in enumerate(letters(count)):
        (path / "new" / f"{int(at.timestamp())}.{number}").write_bytes(data)
    return MAILDIR.open(Connection("work", "maildir", {"path": str(path), "folders": folders}, secret=lambda: ""))


def unread_columns() -> dict[str, list[object]]:
    """Something for the columns that must be filled and that an audit never looks at."""
    filled = [column for column in messages.c if not column.nullable and column.server_default is None]
    return {column.name: [] for column in filled if isinstance(column.type, JSON)}


def keep(store: Store, source: MailSource, outcomes: list[str]) -> None:
    """Store one copy per outcome, for the folder's first messages."""
    folder = source.folders()[0]
    generation, uids = source.list_uids(folder)
    now = datetime.now(UTC)
    with store.write() as unit:
        unit.execute(mail_accounts.insert().values(id=1, name="work", kind="maildir"))
        unit.execute(mailboxes.insert().values(id=1, account_id=1, key=folder.key, generation=generation))
        unit.execute(threads.insert().values(id=1, family_id=1, last_at=now))
        for number, (outcome, uid) in enumerate(zip(outcomes, sorted(uids), strict=False), start=1):
            row = {"id": number, "key": str(number), "thread_id": 1, "node": str(number), "received_at": START}
            unit.execute(messages.insert().values({**unread_columns(), **row, "outcome": outcome}))
            unit.execute(copies.insert().values(mailbox_id=1, generation=generation, uid=uid, message_id=number))


def test_all_accounted_for(tmp_path: Path, store: Store) -> None:
    source = make_source(tmp_path / "mail", 4)
    keep(store, source, ["linked", "ignored", "ignored", "failed"])
    report = audit_account(store, source, "work")
    assert report.is_complete
    assert report.held == 4
    assert report.outcomes == {"linked": 1, "ignored": 2, "failed": 1}


def test_missing_ones_are_named(tmp_path: Path, store: Store) -> None:
    source = make_source(tmp_path / "mail", 4)
    keep(store, source, ["linked", "held"])
    report = audit_account(store, source, "work")
    assert report.missing_count == 2
    assert not report.is_complete
    held = set(source.list_uids(source.folders()[0])[1])
    assert set(report.folders[0].missing) == set(sorted(held)[2:])


def test_never_read_account_misses_all(tmp_path: Path, store: Store) -> None:
    source = make_source(tmp_path / "mail", 3)
    report = audit_account(store, source, "work")
    assert report.missing_count == report.held == 3


def test_copies_of_another_generation_do_not_count(tmp_path: Path, store: Store) -> None:
    source = make_source(tmp_path / "mail", 2)
    keep(store, source, ["linked", "linked"])
    with store.write() as unit:
        unit.execute(copies.update().values(generation="older"))
    assert audit_account(store, source, "work").missing_count == 2


def test_a_folder_that_is_gone_is_said(tmp_path: Path, store: Store) -> None:
    source = make_source(tmp_path / "mail", 1, folders=("INBOX", "Lost"))
    keep(store, source, ["held"])
    report: AuditReport = audit_account(store, source, "work")
    assert report.missing_count == 0
    assert not report.is_complete
    assert [bool(folder.error) for folder in report.folders] == [False, True]

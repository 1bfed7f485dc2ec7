"""A pass over mail accounts: the cursor never passes a page that was not stored, one account's trouble is its own."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import agent.ingest
from agent.mail_pass import sync_mail
from agent.rules import Rules
from agent.summary import Progress, Tally
from crm_model.options import Connection
from crm_model.organisation import Organisation
from sync.store.database import Store
from sync.store.tables import mail_accounts, messages

RULES = Rules(organisation=Organisation(domains=frozenset({"nordvik.example"})))


def maildir(folder: Path, count: int) -> Connection:
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number in range(count):
        data = f"From: kari@bygg.example\nMessage-ID: <{number}@{folder.name}.example>\nSubject: Mail {number}\n\nHei\n"
        (folder / "new" / f"{1_700_000_000 + number}.M{number}P1.host").write_text(data)
    return Connection(folder.name, "maildir", {"path": str(folder)}, lambda: "")


def run(store: Store, *accounts: Connection, stop: threading.Event | None = None) -> tuple[Tally, list[Progress]]:
    tally, told = Tally(), list[Progress]()
    sync_mail(accounts, store, RULES, tally, report=told.append, stop=stop or threading.Event())
    return tally, told


def stored(store: Store) -> int:
    with store.read() as unit:
        return int(unit.execute(sa.select(sa.func.count()).select_from(messages)).scalar_one())


def test_a_page_that_fails_is_read_again_and_nothing_after_it_counts(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = maildir(tmp_path / "work", 700)
    ingest, pages = agent.ingest.ingest_page, []

    def failing(*given: Any, **more: Any) -> None:
        pages.append(given)
        if len(pages) == 2:
            raise ZeroDivisionError
        ingest(*given, **more)

    with monkeypatch.context() as bug:
        bug.setattr(agent.ingest, "ingest_page", failing)
        tally, _ = run(store, account)
    assert len(pages) == 2
    assert "work" in tally.errors[0]
    assert 0 < stored(store) < 700
    tally, _ = run(store, account)
    assert (stored(store), tally.errors) == (700, [])


def test_one_account_in_trouble_leaves_the_others_alone(store: Store, tmp_path: Path) -> None:
    good = maildir(tmp_path / "good", 5)
    gone = Connection("gone", "maildir", {"path": str(tmp_path / "gone")}, lambda: "")
    tally, _ = run(store, gone, good)
    assert stored(store) == 5
    assert [error.partition(":")[0] for error in tally.errors] == ["gone"]
    with store.read() as unit:
        states = {row.name: bool(row.last_error) for row in unit.execute(mail_accounts.select())}
    assert states == {"good": False, "gone": True}


def test_progress_ends_at_its_total(store: Store, tmp_path: Path) -> None:
    _, told = run(store, maildir(tmp_path / "work", 450))
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert (told[-1].done, told[-1].total) == (450, 450)


def test_a_stopped_pass_goes_on_where_it_was(store: Store, tmp_path: Path) -> None:
    account, stop = maildir(tmp_path / "work", 900), threading.Event()
    sync_mail([account], store, RULES, Tally(), report=lambda _: stop.set(), stop=stop)
    assert 0 < stored(store) < 900
    run(store, account)
    assert stored(store) == 900

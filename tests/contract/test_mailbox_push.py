"""A person's wishes reach the mailbox once each, whatever is killed in between."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.mail_pass import sync_mail
from agent.rules import Rules
from agent.summary import Tally
from crm_model.changes import ChangeState
from crm_model.errors import NotSupported, Unreachable
from crm_model.mail import MailboxChange, MailboxChangeKind
from crm_model.options import Connection
from crm_model.organisation import Organisation
from crm_model.records import RecordKind
from sync import edits, queries
from sync.mailbox_push import push_wishes
from sync.mailboxes.contract import Folder
from sync.mailboxes.maildir import MaildirSource
from sync.mailboxes.testing import letter
from sync.store import Store, mailbox_changes, mailboxes
from sync.store.linked_labels import label_linked
from sync.store.tables import crm_fields, crms, threads
from sync.store.tables import mailbox_changes as table

ME = "Kari"
SEEN = MailboxChange(MailboxChangeKind.ADD_FLAG, "\\seen")
UNSEEN = MailboxChange(MailboxChangeKind.REMOVE_FLAG, "\\seen")


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for folder in (".", ".Archive"):
        for place in ("cur", "new", "tmp"):
            (tmp_path / "mail" / folder / place).mkdir(parents=True)
    for number in range(2):
        (tmp_path / "mail" / "new" / f"17092800{number:02}.M1.host").write_bytes(letter(number))
    return tmp_path / "mail"


def sync(store: Store, maildir: Path) -> Tally:
    tally = Tally()
    rules = Rules(organisation=Organisation(), auto_leads=False, lead_crm="local", log_mail=False)
    account = Connection("mail", "maildir", {"path": str(maildir)}, secret=lambda: "")
    sync_mail([account], store, rules, tally, report=lambda _: None, stop=threading.Event())
    return tally


def thread_of(store: Store, number: int) -> int:
    with store.read() as unit:
        return int(unit.execute(sa.select(threads.c.id).where(threads.c.subject == f"Letter {number}")).scalar_one())


def names(maildir: Path, folder: str = ".") -> list[str]:
    return sorted(path.name for place in ("new", "cur") for path in (maildir / folder / place).iterdir())


def states(store: Store) -> list[str]:
    with store.read() as unit:
        return list(unit.execute(sa.select(table.c.state).order_by(table.c.id)).scalars())


def due_again(store: Store) -> None:
    """What waits has waited long enough."""
    with store.write() as unit:
        unit.execute(table.update().values(next_at=datetime.now(UTC)))


class Troubled(MaildirSource):
    """A mailbox that fails after, or instead of, making a change."""

    def __init__(self, maildir: Path, error: BaseException, *, after: bool = False) -> None:
        super().__init__(Connection("mail", "maildir", {"path": str(maildir)}, secret=lambda: ""))
        self.error, self.after = error, after

    def apply(self, folder: Folder, generation: str, change: MailboxChange, uids: Sequence[str]) -> Collection[str]:
        if self.after:
            super().apply(folder, generation, change, uids)
        raise self.error


def push(store: Store, source: MaildirSource) -> int:
    with closing(source):
        return push_wishes(store, source, source.folders(), 1, "agent")


def test_opening_a_conversation_leaves_the_mailbox_alone(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    before = names(maildir)
    edits.see_thread(any_store, thread_of(any_store, 1))
    sync(any_store, maildir)
    assert names(maildir) == before
    assert states(any_store) == []


def test_marked_read_here_is_read_there(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    thread = thread_of(any_store, 1)
    edits.mark_read(any_store, thread, ME)
    assert queries.thread_rows(any_store, [thread])[thread].unread_count == 0
    sync(any_store, maildir)
    assert names(maildir) == ["1709280000.M1.host", "1709280001.M1.host:2,S"]
    assert states(any_store) == ["done"]
    edits.mark_unread(any_store, thread, ME)
    sync(any_store, maildir)
    assert names(maildir) == ["1709280000.M1.host", "1709280001.M1.host:2,"]
    assert queries.thread_rows(any_store, [thread])[thread].unread_count == 1


def test_archived_here_is_archived_there_and_undo_brings_it_back(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    edits.archive_thread(any_store, thread_of(any_store, 0), ME)
    sync(any_store, maildir)
    assert (len(names(maildir)), len(names(maildir, ".Archive"))) == (1, 1)
    assert queries.status(any_store).threads == 2
    edits.undo(any_store, None, ME)
    sync(any_store, maildir)
    assert (len(names(maildir)), len(names(maildir, ".Archive"))) == (2, 0)
    assert states(any_store) == ["done", "done"]


def test_a_kill_after_the_change_makes_it_again(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    edits.archive_thread(any_store, thread_of(any_store, 0), ME)
    with pytest.raises(KeyboardInterrupt):
        push(any_store, Troubled(maildir, KeyboardInterrupt(), after=True))
    assert states(any_store) == ["claimed"]
    sync(any_store, maildir)
    assert states(any_store) == ["done"]
    assert (len(names(maildir)), len(names(maildir, ".Archive"))) == (1, 1)


def test_the_mailbox_is_out_of_reach(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    thread = thread_of(any_store, 1)
    edits.mark_read(any_store, thread, ME)
    assert push(any_store, Troubled(maildir, Unreachable("no line"))) == 0
    assert states(any_store) == ["pending"]
    assert push(any_store, MaildirSource(Connection("mail", "maildir", {"path": str(maildir)}, lambda: ""))) == 0


def test_what_the_mailbox_can_not_do_is_refused(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    edits.mark_read(any_store, thread_of(any_store, 1), ME)
    assert push(any_store, Troubled(maildir, NotSupported("never", feature="flags"))) == 0
    assert states(any_store) == ["refused"]
    assert queries.status(any_store).mail_accounts[0].error == "never"


def test_a_newer_wish_takes_the_place_of_an_older_one(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    now = datetime.now(UTC)
    with any_store.write() as unit:
        mailbox_changes.wish(unit, [1, 2], SEEN, author=ME, now=now)
        mailbox_changes.wish(unit, [1], UNSEEN, author=ME, now=now)
        assert mailbox_changes.wished_flags(unit, [1, 2]) == {1: {"\\seen": False}, 2: {"\\seen": True}}
    assert states(any_store) == ["cancelled", "pending", "pending"]


def test_a_claim_is_one_workers(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    now = datetime.now(UTC)
    with any_store.write() as unit:
        mailbox_changes.wish(unit, [1], SEEN, author=ME, now=now)
        claims = [
            mailbox_changes.claim(unit, 1, worker, limit=9, now=now, lease_seconds=60) for worker in ("a", "b", "a")
        ]
        assert [len(claim) for claim in claims] == [1, 0, 1]
        mailbox_changes.settle(unit, [claims[0][0].id], ChangeState.DONE, now)
        assert not mailbox_changes.has_due(unit, "mail", now)


def test_linked_mail_is_labelled_once_where_that_is_wanted(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    now = datetime.now(UTC)
    with any_store.write() as unit:
        unit.execute(crms.insert().values(name="local", backend="local", confirmed_at=now))
        specs = [{"name": "last_name", "label": "Name", "type": "text"}]
        unit.execute(crm_fields.insert().values(crm="local", kind="lead", specs=specs, owners=[]))
    edits.create_record(any_store, "local", RecordKind.LEAD, {"last_name": "Lund"}, ME)
    edits.link_thread(any_store, thread_of(any_store, 1), 1, ME)
    with any_store.write() as unit:
        assert label_linked(unit, 1, now) == 1
        assert label_linked(unit, 1, now) == 0
        (found,) = mailbox_changes.claim(unit, 1, "agent", limit=9, now=now, lease_seconds=60)
    assert found.change == MailboxChange(MailboxChangeKind.ADD_FLAG, "CRM/Lead")


def test_flags_show_in_the_conversation(any_store: Store, maildir: Path) -> None:
    (maildir / "new" / "1709280000.M1.host").rename(maildir / "cur" / "1709280000.M1.host:2,FRS")
    sync(any_store, maildir)
    (message,) = queries.conversation(any_store, thread_of(any_store, 0)).messages
    assert message.flags == {"\\flagged", "\\answered", "\\seen"}


def test_a_wish_follows_a_message_that_was_just_moved(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    (maildir / "new" / "1709280001.M1.host").rename(maildir / ".Archive" / "new" / "1709280001.M1.host")
    edits.mark_read(any_store, thread_of(any_store, 1), ME)
    sync(any_store, maildir)
    assert states(any_store) == ["pending"]
    due_again(any_store)
    sync(any_store, maildir)
    assert names(maildir, ".Archive") == ["1709280001.M1.host:2,S"]
    assert states(any_store) == ["done"]


def test_a_wish_for_a_message_that_is_gone_ends(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    edits.mark_read(any_store, thread_of(any_store, 1), ME)
    (maildir / "new" / "1709280001.M1.host").unlink()
    for _ in range(9):
        due_again(any_store)
        sync(any_store, maildir)
    assert states(any_store) == ["done"]


def test_a_wish_for_a_message_between_two_folders_is_kept(any_store: Store, maildir: Path) -> None:
    sync(any_store, maildir)
    thread, elsewhere = thread_of(any_store, 1), maildir / "1709280001.M1.host"
    (maildir / "new" / "1709280001.M1.host").rename(elsewhere)
    sync(any_store, maildir)
    edits.mark_read(any_store, thread, ME)
    assert states(any_store) == ["pending"]
    elsewhere.rename(maildir / ".Archive" / "new" / "1709280001.M1.host")
    sync(any_store, maildir)
    due_again(any_store)
    sync(any_store, maildir)
    assert names(maildir, ".Archive") == ["1709280001.M1.host:2,S"]


@pytest.mark.parametrize("trouble", [True, False])
def test_trouble_does_not_count_as_a_look(any_store: Store, maildir: Path, trouble: bool) -> None:
    """A message that could not be looked for at all is not given up."""
    sync(any_store, maildir)
    edits.mark_read(any_store, thread_of(any_store, 1), ME)
    if trouble:
        for _ in range(12):
            push(any_store, Troubled(maildir, Unreachable("no line")))
            due_again(any_store)
    (maildir / "new" / "1709280001.M1.host").unlink()
    for _ in range(3):
        sync(any_store, maildir)
        due_again(any_store)
    with any_store.write() as unit:
        mailboxes.account_failed(unit, 1, "no line", datetime.now(UTC), login_needed=False)
    for _ in range(12):
        push(any_store, MaildirSource(Connection("mail", "maildir", {"path": str(maildir)}, lambda: "")))
        due_again(any_store)
    assert states(any_store) == ["pending"]
    for _ in range(9):
        sync(any_store, maildir)
        due_again(any_store)
    assert states(any_store) == ["done"]

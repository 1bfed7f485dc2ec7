"""A Maildir keeps the contract of mailboxes, and its own rules."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_model.errors import ConfigError, NotFound, NotSupported
from crm_model.mail import MailboxChange, MailboxChangeKind, MailboxRole
from crm_model.options import Connection, OptionValue
from sync.mailboxes.contract import MailSource
from sync.mailboxes.maildir import MAILDIR
from sync.mailboxes.testing import START, Box, Holding, MailboxContract, letter


def make_maildir(path: Path) -> Path:
    for place in ("cur", "new", "tmp"):
        (path / place).mkdir(parents=True)
    return path


def connection(path: Path, **options: OptionValue) -> Connection:
    return Connection("mail", "maildir", {"path": str(path), **options}, secret=lambda: "")


class MaildirBox(Box):
    changes_generation = False
    keeps_keywords = False

    def __init__(self, path: Path) -> None:
        self.path, self._count = make_maildir(path), 0

    def flags_of(self, token: object) -> frozenset[str]:
        letters = self._file(token).name.partition(":2,")[2]
        return frozenset("\\seen" if letter == "S" else letter for letter in letters)

    def deliver(self, data: bytes, at: datetime) -> str:
        self._count += 1
        name = f"{int(at.timestamp())}.M{self._count}.host"
        self.put(f"new/{name}", data, at)
        return name

    def put(self, name: str, data: bytes, at: datetime = START) -> None:
        (self.path / name).write_bytes(data)
        os.utime(self.path / name, (at.timestamp(), at.timestamp()))

    def _file(self, token: object) -> Path:
        (found,) = [*self.path.glob(f"cur/{token}*"), *self.path.glob(f"new/{token}*")]
        return found

    def remove(self, token: object) -> None:
        self._file(token).unlink()

    def mark_seen(self, token: object) -> None:
        self._file(token).rename(self.path / "cur" / f"{token}:2,S")

    def snapshot(self) -> object:
        return {(path, path.stat().st_mtime_ns, path.stat().st_ino) for path in self.path.rglob("*")}

    def open(self, **options: OptionValue) -> MailSource:
        return MAILDIR.open(connection(self.path, **options))

    def settle(self) -> None:
        old = time.time() - 60
        for place in ("cur", "new"):
            os.utime(self.path / place, (old, old))


class TestMaildir(MailboxContract):
    @pytest.fixture
    def box(self, tmp_path: Path) -> MaildirBox:
        return MaildirBox(tmp_path / "Maildir")

    def test_archiving_and_back(self, box: MaildirBox, holding: Holding) -> None:
        make_maildir(box.path / ".Archive")
        super().test_archiving_and_back(box, holding)

    def test_archiving_without_an_archive_is_refused(self, box: MaildirBox, holding: Holding) -> None:
        box.deliver(letter(1), START)
        holding.read_all(box.open)
        with pytest.raises(NotSupported, match="no folder for archive"):
            self._apply(box, holding, MailboxChange(MailboxChangeKind.ARCHIVE), list(holding.held))

    def test_arrival_within_the_clock_of_the_disk(self, box: MaildirBox, holding: Holding) -> None:
        """A disk that counts in whole seconds shows the same time before and after."""
        stamp = int(time.time())
        box.deliver(letter(1), START)
        os.utime(box.path / "new", (stamp, stamp))
        holding.read_all(box.open)
        box.deliver(letter(2), START)
        os.utime(box.path / "new", (stamp, stamp))
        holding.read_all(box.open)
        assert len(holding.held) == 2

    def test_settled_folder_is_not_listed(self, box: MaildirBox, holding: Holding) -> None:
        box.deliver(letter(1), START)
        box.settle()
        holding.read_all(box.open)
        asked: list[object] = []

        def known(uids: object) -> set[str]:
            asked.append(uids)
            return set()

        source = box.open()
        page = source.fetch_page(source.folders()[0], holding.cursor, known)
        assert (page.messages, page.present, page.more, asked) == ((), None, False, [])

    def test_odd_names(self, box: MaildirBox, holding: Holding) -> None:
        names = [b"1709280000.caf\xe9.host", b"1709280000.caf%E9.host", "1709280000.ø.host".encode(), b"plain"]
        for number, name in enumerate(names):
            (box.path / "cur" / os.fsdecode(name + b":2,FS")).write_bytes(letter(number))
        holding.read_all(box.open)
        assert len(holding.held) == len(names)
        for uid, message in holding.held.items():
            uid.encode()
            assert message.flags == {"\\seen", "\\flagged"}
        source = box.open()
        folder = source.folders()[0]
        assert {source.fetch(folder, uid).data for uid in holding.held} == {letter(n) for n in range(4)}

    def test_tmp_and_dot_files_are_ignored(self, box: MaildirBox, holding: Holding) -> None:
        box.put("tmp/1709280000.a", letter(1))
        box.put("cur/.nfs0001", letter(2))
        box.deliver(letter(3), START)
        holding.read_all(box.open)
        assert len(holding.held) == 1

    def test_file_that_vanishes_or_moves_after_listing(self, box: MaildirBox, holding: Holding) -> None:
        tokens = box.deliver_all([(letter(n), START) for n in range(300)])
        source = box.open()
        folder = source.folders()[0]
        holding.read_page(source, folder)
        waiting = [token for token in tokens if str(token) not in holding.held]
        box.remove(waiting[0])
        box.mark_seen(waiting[1])
        while holding.read_page(source, folder).more:
            pass
        assert len(holding.delivered) == 299
        assert "\\seen" in holding.flags[str(waiting[1])]

    def test_pipe_and_folder_are_reported(self, box: MaildirBox, holding: Holding) -> None:
        os.mkfifo(box.path / "new" / "1709280000.pipe")
        (box.path / "new" / "1709280001.folder").mkdir()
        box.deliver(letter(1), START)
        holding.read_all(box.open)
        assert len(holding.held) == 1
        assert set(holding.failed) == {"1709280000.pipe", "1709280001.folder"}
        assert all("regular file" in sentence for sentence in holding.failed.values())

    def test_subfolders(self, box: MaildirBox) -> None:
        for name in (".Sent", ".Arkiv", ".Clients.Acme &AOY-", ".Junk", ".Drafts", "Projects/2024.1", "Papirkurv"):
            make_maildir(box.path / name)
        folders = box.open().folders()
        assert [(folder.name, folder.role) for folder in folders] == [
            ("INBOX", MailboxRole.INBOX),
            ("Sent", MailboxRole.SENT),
            ("Arkiv", MailboxRole.ARCHIVE),
            ("Clients/Acme æ", MailboxRole.OTHER),
            ("Projects/2024.1", MailboxRole.OTHER),
        ]

    def test_subfolder_is_read_and_can_vanish(self, box: MaildirBox) -> None:
        sent = make_maildir(box.path / ".Sent")
        (sent / "cur" / "1:2,S").write_bytes(letter(4))
        source = box.open()
        folder = source.folders()[1]
        assert [message.data for message in source.fetch_page(folder, "", lambda uids: set()).messages] == [letter(4)]
        (sent / "cur" / "1:2,S").unlink()
        (sent / "cur").rmdir()
        with pytest.raises(NotFound):
            source.fetch_page(folder, "", lambda uids: set())

    def test_folders_option(self, box: MaildirBox) -> None:
        make_maildir(box.path / ".Junk")
        names = [folder.name for folder in box.open(folders=("Junk", "inbox", "Lost")).folders()]
        assert names == ["Junk", "INBOX", "Lost"]
        with pytest.raises(NotFound):
            source = box.open(folders=("Junk", "Lost"))
            source.fetch_page(source.folders()[1], "", lambda uids: set())
        with pytest.raises(ConfigError, match="Did you mean “Junk”"):
            box.open(folders=("Jumk",)).folders()

    def test_backfill(self, box: MaildirBox, holding: Holding) -> None:
        box.deliver(letter(1), datetime(2020, 1, 1, tzinfo=UTC))
        box.deliver(letter(2), datetime.now(UTC))
        holding.read_all(lambda: box.open(backfill_months=12))
        assert len(holding.held) == 1
        source = box.open(backfill_months=12)
        assert set(source.list_uids(source.folders()[0])[1]) == set(holding.held)
        holding.read_all(box.open)
        assert len(holding.held) == 2

    @pytest.mark.parametrize(
        ("make", "sentence"),
        [
            (lambda path: None, "can't be read"),
            (lambda path: path.mkdir(), "no folder cur"),
            (lambda path: path.write_text("From x"), "kind “mbox”"),
        ],
    )
    def test_no_maildir(self, tmp_path: Path, make, sentence: str) -> None:
        path = tmp_path / "mail"
        make(path)
        with pytest.raises(ConfigError, match=sentence):
            MAILDIR.open(connection(path)).folders()

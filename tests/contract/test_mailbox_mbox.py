"""An mbox keeps the contract of mailboxes, and its own rules."""

from __future__ import annotations

import fcntl
import mailbox
import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_model.errors import Busy, ConfigError, NotFound
from crm_model.mail import MailboxRole
from crm_model.options import Connection, OptionValue
from sync.mailboxes.contract import MailSource
from sync.mailboxes.mbox import MBOX
from sync.mailboxes.testing import START, Box, Holding, MailboxContract, letter, letters


def from_line(at: datetime) -> bytes:
    return f"From someone@example.org {at:%a %b %d %H:%M:%S %Y}\n".encode()


class MboxBox(Box):
    """An mboxrd file, rewritten as mutt does it: by another file under the old name."""

    changes_generation = changes_flags = archives = keeps_keywords = False

    def __init__(self, path: Path) -> None:
        self.path, self._entries = path, {}
        self._count = 0
        path.touch()

    def deliver(self, data: bytes, at: datetime) -> object:
        return self.deliver_all([(data, at)])[0]

    def deliver_all(self, messages) -> list[object]:
        tokens: list[object] = []
        with self.path.open("ab") as file:
            for data, at in messages:
                self._count += 1
                self._entries[self._count] = entry = self._entry(data, at)
                file.write(entry)
                tokens.append(self._count)
        return tokens

    @staticmethod
    def _entry(data: bytes, at: datetime) -> bytes:
        head, blank, body = data.partition(b"\n\r\n" if not data.startswith(b"\r\n") else b"\r\n")
        quoted = re.sub(rb"^(>*From )", rb">\1", body, flags=re.MULTILINE)
        whole = head + blank + quoted
        return from_line(at) + whole + (b"" if whole.endswith(b"\n") else b"\n") + b"\n"

    def _rewrite(self) -> None:
        other = self.path.with_suffix(".new")
        other.write_bytes(b"".join(self._entries.values()))
        other.replace(self.path)

    def remove(self, token: object) -> None:
        del self._entries[token]
        self._rewrite()

    def mark_seen(self, token: object) -> None:
        line, _, rest = self._entries[token].partition(b"\n")
        self._entries[token] = line + b"\nStatus: RO\n" + rest
        self._rewrite()

    def snapshot(self) -> object:
        return self.path.read_bytes(), self.path.stat().st_mtime_ns, sorted(self.path.parent.iterdir())

    def as_kept(self, data: bytes) -> bytes:
        return data if data.endswith(b"\n") else data + b"\n"

    def open(self, **options: OptionValue) -> MailSource:
        given: dict[str, OptionValue] = {"path": str(self.path), **options}
        return MBOX.open(Connection("mail", "mbox", given, secret=lambda: ""))

    def settle(self) -> None:
        old = time.time() - 60
        os.utime(self.path, (old, old))


def read(path: Path) -> Holding:
    holding = Holding()
    holding.read_all(lambda: MBOX.open(Connection("mail", "mbox", {"path": str(path)}, secret=lambda: "")))
    return holding


def bodies(holding: Holding) -> set[bytes]:
    return {message.data.partition(b"\n\n")[2] for message in holding.held.values()}


class TestMbox(MailboxContract):
    @pytest.fixture
    def box(self, tmp_path: Path) -> MboxBox:
        return MboxBox(tmp_path / "inbox")

    def test_settled_file_is_not_opened(self, box: MboxBox, holding: Holding) -> None:
        box.deliver(letter(1), START)
        box.settle()
        holding.read_all(box.open)
        with box.path.open("rb+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            dotlock = box.path.with_name("inbox.lock")
            dotlock.touch()
            holding.read_all(box.open)
            dotlock.unlink()
        assert holding.pages == 2

    def test_growth_reads_only_the_new_part(self, box: MboxBox, holding: Holding) -> None:
        box.deliver_all(letters(50))
        holding.read_all(box.open)
        box.deliver_all(letters(52)[50:])
        asked: list[str] = []

        def known(uids) -> set[str]:
            asked.extend(uids)
            return holding.known(uids)

        source = box.open()
        page = source.fetch_page(source.folders()[0], holding.cursor, known)
        assert (len(page.messages), page.present, len(asked)) == (2, None, 2)

    def test_identical_messages_are_counted(self, box: MboxBox, holding: Holding) -> None:
        tokens = box.deliver_all([(letter(1), START)] * 3)
        holding.read_all(box.open)
        box.deliver_all([(letter(1), START)] * 2)
        holding.read_all(box.open)
        assert len(holding.held) == 5
        self._assert_complete(box, holding)
        box.remove(tokens[0])
        holding.read_all(box.open)
        assert len(holding.held) == 4
        self._assert_complete(box, holding)

    def test_last_message_written_in_two_halves(self, box: MboxBox, holding: Holding) -> None:
        box.deliver(letter(1), START)
        entry = from_line(START) + letter(2, "First half.")
        with box.path.open("ab") as file:
            file.write(entry)
        holding.read_all(box.open)
        with box.path.open("ab") as file:
            file.write(b"Second half.\n\n")
        holding.read_all(box.open)
        assert any(b"half.\r\nSecond half." in message.data for message in holding.held.values())
        assert len(holding.held) == 2

    @pytest.mark.parametrize("lock", [fcntl.lockf, fcntl.flock])
    def test_locked_by_another(self, box: MboxBox, lock) -> None:
        box.deliver(letter(1), START)
        ready, done = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            with box.path.open("rb+") as file:
                lock(file, fcntl.LOCK_EX)
                os.write(ready[1], b"x")
                os.read(done[0], 1)
            os._exit(0)
        os.read(ready[0], 1)
        try:
            with pytest.raises(Busy):
                read(box.path)
        finally:
            os.write(done[1], b"x")
            os.waitpid(child, 0)
        assert len(read(box.path).held) == 1

    def test_dotlock(self, box: MboxBox) -> None:
        box.deliver(letter(1), START)
        dotlock = box.path.with_name("inbox.lock")
        dotlock.write_text("")
        with pytest.raises(Busy, match="locked"):
            read(box.path)
        old = time.time() - 3600
        dotlock.write_text(str(os.getpid()))
        os.utime(dotlock, (old, old))
        with pytest.raises(Busy):
            read(box.path)
        dotlock.write_text("999999999")
        os.utime(dotlock, (old, old))
        assert len(read(box.path).held) == 1
        assert dotlock.exists()

    def test_written_by_the_standard_library(self, tmp_path: Path) -> None:
        written = mailbox.mbox(tmp_path / "mail")
        for number in range(20):
            message = mailbox.mboxMessage(f"Subject: {number}\n\nFrom here on\n\nFrom there\n{number}\n")
            message.set_flags("RF" if number == 3 else "")
            written.add(message)
        written.close()
        holding = read(tmp_path / "mail")
        assert len(holding.held) == 20
        assert b"From here on\n\nFrom there\n7\n" in bodies(holding)
        assert [flags for flags in holding.flags.values() if flags] == [{"\\seen", "\\flagged"}]

    @pytest.mark.parametrize(
        ("body", "count"),
        [
            ("He wrote:\n\nFrom what I see in 2024 it works.\n", 1),  # looks like a date, but text follows
            ("\nFrom the desk of X: 10:30\nis text too\n", 1),
            ("x\n\nFrom a@b Tue Mar  5 08:00:00 2024\nSubject: another\n\ny\n", 2),
            ("x\nFrom a@b Tue Mar  5 08:00:00 2024\nSubject: no blank line before\n\ny\n", 2),
            ("x\n\nFrom - Tue Mar  5 08:00:00 2024\nX-Mozilla-Status: 0001\nSubject: bird\n\ny\n", 2),
            ("x\n\nFrom \nSubject: new bird\n\ny\n", 2),
        ],
    )
    def test_what_begins_a_message(self, tmp_path: Path, body: str, count: int) -> None:
        (tmp_path / "m").write_bytes(from_line(START) + f"Subject: one\n\n{body}".encode())
        assert len(read(tmp_path / "m").held) == count

    def test_content_length(self, tmp_path: Path) -> None:
        inner = b"x\n\nFrom a@b Tue Mar  5 08:00:00 2024\nSubject: part of the body\n\n>From me\n"
        right = b"Subject: right\nContent-Length: %d\n\n" % len(inner) + inner + b"\n"
        wrong = b"Subject: wrong\nContent-Length: 7\n\nLonger than seven.\n\n"
        (tmp_path / "m").write_bytes(from_line(START) + right + from_line(START) + wrong + from_line(START) + wrong)
        holding = read(tmp_path / "m")
        assert sorted(bodies(holding)) == sorted([inner, b"Longer than seven.\n"])
        assert len(holding.held) == 3

    def test_thunderbird_deletes_in_place(self, box: MboxBox, holding: Holding) -> None:
        head = b"X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n"
        text = b"".join(b"From - Tue Mar  5 08:00:00 2024\n" + head + b"Subject: %d\n\nx\n\n" % n for n in range(3))
        box.path.write_bytes(text)
        holding.read_all(box.open)
        before = set(holding.held)
        assert all(flags == {"\\seen"} for flags in holding.flags.values())
        box.path.write_bytes(text.replace(b"Status: 0001", b"Status: 0009", 1))
        os.utime(box.path, (1e9, 1e9))
        holding.read_all(box.open)
        assert len(holding.held) == 2
        assert set(holding.held) < before

    def test_books_of_dovecot_are_no_message(self, tmp_path: Path) -> None:
        (tmp_path / "m").write_bytes(
            from_line(START)
            + b"From: x\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\ntext\n\n"
            + from_line(START)
            + b"Subject: real\n\ny\n"
        )
        assert len(read(tmp_path / "m").held) == 1

    def test_time_zone_of_the_from_line(self, tmp_path: Path) -> None:
        (tmp_path / "m").write_bytes(b"From a@b Tue Mar  5 08:00:00 2024 +0200\nSubject: x\n\ny\n")
        (message,) = read(tmp_path / "m").held.values()
        assert message.received_at == datetime(2024, 3, 5, 6, tzinfo=UTC)

    def test_folder_of_files(self, tmp_path: Path) -> None:
        for name in ("Inbox", "Sent", "Trash", "Clients.sbd/Acme", "Junk"):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(from_line(START) + letter(1))
        (tmp_path / "Inbox.msf").write_text("// index")
        (tmp_path / "notes.txt").write_text("Dear diary")
        source = MBOX.open(Connection("m", "mbox", {"path": str(tmp_path)}, secret=lambda: ""))
        folders = source.folders()
        assert [(folder.name, folder.role) for folder in folders] == [
            ("INBOX", MailboxRole.INBOX),
            ("Sent", MailboxRole.SENT),
            ("Clients/Acme", MailboxRole.OTHER),
        ]
        assert len(source.fetch_page(folders[2], "", lambda uids: set()).messages) == 1
        (tmp_path / "Sent").unlink()
        with pytest.raises(NotFound):
            source.fetch_page(folders[1], "", lambda uids: set())

    def test_backfill(self, box: MboxBox, holding: Holding) -> None:
        box.deliver(letter(1), datetime(2020, 1, 1, tzinfo=UTC))
        box.deliver(letter(2), datetime.now(UTC) - timedelta(days=3))
        holding.read_all(lambda: box.open(backfill_months=12))
        assert len(holding.held) == 1
        holding.read_all(box.open)
        assert len(holding.held) == 2

    @pytest.mark.parametrize(
        ("make", "sentence"),
        [
            (lambda path: None, "can't be read"),
            (lambda path: path.mkdir(), "no mbox in"),
            (lambda path: (path / "cur").mkdir(parents=True), "kind “maildir”"),
            (lambda path: path.write_text("Dear diary"), "does not begin"),
            (os.mkfifo, "does not begin"),
        ],
    )
    def test_no_mbox(self, tmp_path: Path, make, sentence: str) -> None:
        make(tmp_path / "mail")
        with pytest.raises(ConfigError, match=sentence):
            read(tmp_path / "mail")

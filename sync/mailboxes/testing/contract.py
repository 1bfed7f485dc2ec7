"""The tests of `MailboxContract`."""

from __future__ import annotations

import base64
import random
from datetime import timedelta

import pytest

from crm_model.errors import CursorExpired, NotFound
from sync.mailboxes.contract import HEAD_BYTES, PAGE_MESSAGES
from sync.mailboxes.testing.box import NO_UID, START, Box, Holding, letter, letters, subjects
from sync.mailboxes.testing.wishes import WishContract

BROKEN = (
    b"From: caf\xe9 <x@example.org>\r\nSubject: \xff\xfe\x00 =?bogus?Q?=41?=\r\n\r\n\x80\x81\x00\r\n",
    b"no header at all\r\n",
    b"Subject: nothing but a header",
    b"\r\n\r\nFrom nobody\r\n",
)

WITH_ATTACHMENT = (
    b"From: a@example.org\r\nMessage-ID: <attached@example.org>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=limit\r\n\r\n--limit\r\n\r\nthe text\r\n"
    b"--limit\r\nContent-Type: image/png; name=all.png\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment\r\n\r\n"
    + base64.encodebytes(bytes(range(256)) * 300).replace(b"\n", b"\r\n")
    + b"--limit--\r\n"
)


class MailboxContract(WishContract):
    """Tests for any kind of mailbox."""

    @pytest.fixture
    def box(self) -> Box:
        raise NotImplementedError("give the contract a fixture `box`")

    @pytest.fixture
    def holding(self) -> Holding:
        return Holding()

    def test_empty_mailbox(self, box: Box, holding: Holding) -> None:
        holding.read_all(box.open)
        assert not holding.held
        assert holding.generation

    def test_arrival(self, box: Box, holding: Holding) -> None:
        box.deliver(letter(1), START)
        holding.read_all(box.open)
        (first,) = holding.held.values()
        assert b"Letter 1" in first.data
        assert not first.truncated
        assert first.received_at is not None
        assert abs(first.received_at - START) < timedelta(days=1)
        box.deliver(letter(2), START + timedelta(minutes=1))
        holding.read_all(box.open)
        assert sorted(subjects(holding)) == ["Letter 1", "Letter 2"]
        assert len(holding.delivered) == 2

    def test_nothing_new_is_an_empty_page(self, box: Box, holding: Holding) -> None:
        box.deliver_all(letters(3))
        holding.read_all(box.open)
        box.settle()
        holding.read_all(box.open)
        pages = holding.pages
        holding.read_all(box.open)
        assert holding.pages == pages + 1
        assert len(holding.delivered) == 3

    def test_newest_first(self, box: Box, holding: Holding) -> None:
        box.deliver_all(letters(PAGE_MESSAGES + 20))
        source = box.open()
        page = holding.read_page(source, source.folders()[0])
        source.close()
        assert page.more
        assert b"Letter 219\r\n" in page.messages[0].data.replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")
        assert all(subject != "Letter 5" for subject in subjects(holding))

    def test_a_thousand_messages_once_each(self, box: Box, holding: Holding) -> None:
        box.deliver_all(letters(1_000))
        holding.read_all(box.open)
        assert len(holding.delivered) == len(set(holding.delivered)) == 1_000
        assert sorted(subjects(holding)) == sorted(f"Letter {number}" for number in range(1_000))
        self._assert_complete(box, holding)

    def test_restart_at_each_page(self, box: Box, holding: Holding) -> None:
        box.deliver_all(letters(650))
        holding.read_all(box.open, reopen=True)
        assert len(holding.delivered) == len(set(holding.delivered)) == 650
        self._assert_complete(box, holding)

    def test_arrival_during_the_first_pass(self, box: Box, holding: Holding) -> None:
        box.deliver_all(letters(450))
        source = box.open()
        holding.read_page(source, source.folders()[0])
        source.close()
        box.deliver(letter(9_000), START + timedelta(days=9))
        holding.read_all(box.open, reopen=True)
        holding.read_all(box.open)
        assert len(subjects(holding)) == 451
        assert len(set(holding.delivered)) == 451
        self._assert_complete(box, holding)

    def test_removal(self, box: Box, holding: Holding) -> None:
        tokens = box.deliver_all(letters(6))
        holding.read_all(box.open)
        box.remove(tokens[2])
        box.remove(tokens[5])
        box.deliver(letter(77), START + timedelta(days=1))
        holding.read_all(box.open)
        assert sorted(subjects(holding)) == ["Letter 0", "Letter 1", "Letter 3", "Letter 4", "Letter 77"]
        self._assert_complete(box, holding)

    def test_everything_removed(self, box: Box, holding: Holding) -> None:
        tokens = box.deliver_all(letters(3))
        holding.read_all(box.open)
        for token in tokens:
            box.remove(token)
        holding.read_all(box.open)
        assert not holding.held

    @pytest.mark.parametrize("seed", range(6))
    def test_any_history(self, box: Box, holding: Holding, seed: int) -> None:
        """Arrivals, removals and broken-off passes in any order: at the end the store holds what the mailbox holds."""
        dice = random.Random(seed)  # noqa: S311
        there: dict[str, object] = {}
        for step in range(12):
            match dice.choice(("deliver", "deliver", "remove", "page", "pass")):
                case "deliver":
                    numbers = range(step * 1_000, step * 1_000 + dice.choice((1, 3, PAGE_MESSAGES + 30)))
                    tokens = box.deliver_all([(letter(n), START + timedelta(minutes=n)) for n in numbers])
                    there.update(zip((f"Letter {n}" for n in numbers), tokens, strict=True))
                case "remove":
                    for name in dice.sample(sorted(there), min(len(there), dice.choice((1, 5)))):
                        box.remove(there.pop(name))
                case "page":
                    source = box.open()
                    holding.read_page(source, source.folders()[0])
                    source.close()
                case _:
                    holding.read_all(box.open)
        holding.read_all(box.open)
        assert sorted(subjects(holding)) == sorted(there)
        assert len(holding.delivered) == len(set(holding.delivered))
        self._assert_complete(box, holding)

    def test_flag_change(self, box: Box, holding: Holding) -> None:
        if not box.has_flags:
            pytest.skip("this kind of mailbox has no flags")
        tokens = box.deliver_all(letters(3))
        holding.read_all(box.open)
        assert not any("\\seen" in flags for flags in holding.flags.values())
        box.mark_seen(tokens[1])
        holding.read_all(box.open)
        seen = [holding.held[uid].data for uid, flags in holding.flags.items() if "\\seen" in flags]
        assert len(seen) == 1
        assert b"Letter 1" in seen[0]
        assert len(holding.delivered) == 3

    def test_generation_change(self, box: Box, holding: Holding) -> None:
        if not box.changes_generation:
            pytest.skip("the uids of this kind of mailbox stay valid for ever")
        box.deliver_all(letters(3))
        holding.read_all(box.open)
        before = holding.generation
        box.change_generation()
        source = box.open()
        with pytest.raises(CursorExpired):
            source.fetch_page(source.folders()[0], holding.cursor, holding.known)
        source.close()
        holding.read_all(box.open)
        assert holding.generation != before
        assert len(holding.held) == 3

    def test_reading_changes_nothing(self, box: Box, holding: Holding) -> None:
        box.deliver_all(letters(5))
        before = box.snapshot()
        holding.read_all(box.open)
        source = box.open()
        folder = source.folders()[0]
        source.fetch(folder, next(iter(holding.held)))
        list(source.list_uids(folder)[1])
        source.close()
        assert box.snapshot() == before

    def test_large_message_is_truncated(self, box: Box, holding: Holding) -> None:
        line = "x" * 74
        box.deliver(letter(1, "\r\n".join([line] * (HEAD_BYTES // 76 + 2_000))), START)
        box.deliver(letter(2), START + timedelta(minutes=1))
        holding.read_all(box.open)
        small, large = sorted(holding.held.values(), key=lambda message: len(message.data))
        assert not small.truncated
        assert large.truncated
        assert large.size > len(large.data)
        assert len(large.data) <= HEAD_BYTES
        assert b"Letter 1" in large.data[:500]

    def test_many_large_messages_keep_the_page_small(self, box: Box, holding: Holding) -> None:
        body = "\r\n".join(["y" * 74] * (3 * 1024 * 1024 // 76))
        for number in range(8):
            box.deliver(letter(number, body), START + timedelta(minutes=number))
        holding.read_all(box.open)  # `keep` checks the size of each page
        assert len(holding.held) == 8
        assert holding.pages > 1

    def test_broken_bytes_survive(self, box: Box, holding: Holding) -> None:
        for number, data in enumerate(BROKEN):
            box.deliver(data, START + timedelta(minutes=number))
        holding.read_all(box.open)
        assert len(holding.held) == len(BROKEN)
        assert sorted(message.data for message in holding.held.values()) == sorted(map(box.as_kept, BROKEN))
        self._assert_complete(box, holding)

    def test_fetch_one_again(self, box: Box, holding: Holding) -> None:
        box.deliver_all(letters(3))
        holding.read_all(box.open)
        source = box.open()
        folder = source.folders()[0]
        for uid, message in holding.held.items():
            assert source.fetch(folder, uid).data == message.data
        with pytest.raises(NotFound):
            source.fetch(folder, NO_UID)
        source.close()
        source.close()

    def test_an_attachment_on_demand(self, box: Box, holding: Holding) -> None:
        box.deliver(WITH_ATTACHMENT, START)
        holding.read_all(box.open)
        ((uid, message),) = holding.held.items()
        assert b"the text" in message.data
        source = box.open()
        folder = source.folders()[0]
        assert source.fetch_part(folder, uid, "2") == bytes(range(256)) * 300
        with pytest.raises(NotFound):
            source.fetch_part(folder, NO_UID, "2")
        source.close()

    def test_text_can_be_stored(self, box: Box, holding: Holding) -> None:
        """No lone surrogate, no NUL: a database must take uid, cursor, generation and keys."""
        box.deliver_all(letters(2))
        holding.read_all(box.open)
        source = box.open()
        folders = source.folders()
        source.close()
        texts = [holding.cursor, holding.generation, *holding.held, *(folder.key for folder in folders)]
        for text in texts:
            assert "\0" not in text.encode().decode()

    def _assert_complete(self, box: Box, holding: Holding) -> None:
        source = box.open()
        generation, uids = source.list_uids(source.folders()[0])
        assert set(uids) == set(holding.held)
        assert generation == holding.generation
        source.close()

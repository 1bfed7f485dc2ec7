"""What a mailbox must do with a person's wishes: make them, twice without harm, or refuse them."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from crm_model.errors import CursorExpired, NotSupported
from crm_model.mail import MailboxChange, MailboxChangeKind, MailboxRole
from sync.mailboxes.testing.box import NO_UID, Box, Holding, letters, subjects


class WishContract:
    """The part of `MailboxContract` that changes mailboxes."""

    def test_a_wish_for_a_flag_is_met(self, box: Box, holding: Holding) -> None:
        if not box.changes_flags:
            pytest.skip("this kind of mailbox is only read")
        tokens = box.deliver_all(letters(3))
        holding.read_all(box.open)
        uid = self._uid_of(holding, "Letter 1")
        for _ in range(2):  # the second time nobody knew that the first had arrived
            absent = self._apply(box, holding, MailboxChange(MailboxChangeKind.ADD_FLAG, "\\seen"), [uid, NO_UID])
            assert set(absent) <= {NO_UID}
        assert [("\\seen" in box.flags_of(token)) for token in tokens] == [False, True, False]
        holding.read_all(box.open)
        assert "\\seen" in holding.flags[uid]
        self._apply(box, holding, MailboxChange(MailboxChangeKind.REMOVE_FLAG, "\\seen"), [uid])
        assert "\\seen" not in box.flags_of(tokens[1])
        assert len(holding.delivered) == 3

    def test_a_keyword_is_kept_or_refused(self, box: Box, holding: Holding) -> None:
        (token,) = box.deliver_all(letters(1))
        holding.read_all(box.open)
        change, uids = MailboxChange(MailboxChangeKind.ADD_FLAG, "CRM/Lead"), list(holding.held)
        if not box.keeps_keywords:
            with pytest.raises(NotSupported):
                self._apply(box, holding, change, uids)
            return
        self._apply(box, holding, change, uids)
        assert "crm/lead" in box.flags_of(token)

    def test_archiving_and_back(self, box: Box, holding: Holding) -> None:
        if not box.archives:
            pytest.skip("this kind of mailbox has no archive")
        box.deliver_all(letters(3))
        holding.read_all(box.open)
        uid = self._uid_of(holding, "Letter 1")
        for _ in range(2):
            self._apply(box, holding, MailboxChange(MailboxChangeKind.ARCHIVE), [uid])
        holding.read_all(box.open)
        assert sorted(subjects(holding)) == ["Letter 0", "Letter 2"]
        archived = Holding()
        source = box.open()
        folder = next(each for each in source.folders() if each.role in (MailboxRole.ARCHIVE, MailboxRole.ALL))
        archived.read_page(source, folder)
        assert subjects(archived) == ["Letter 1"]
        uids = list(archived.held)
        source.apply(folder, archived.generation, MailboxChange(MailboxChangeKind.UNARCHIVE), uids)
        source.close()
        holding.read_all(box.open)
        assert sorted(subjects(holding)) == ["Letter 0", "Letter 1", "Letter 2"]

    def test_a_wish_for_another_generation_is_not_met(self, box: Box, holding: Holding) -> None:
        if not (box.changes_generation and box.changes_flags):
            pytest.skip("the uids of this kind of mailbox stay valid for ever")
        (token,) = box.deliver_all(letters(1))
        holding.read_all(box.open)
        box.change_generation()
        with pytest.raises(CursorExpired):
            self._apply(box, holding, MailboxChange(MailboxChangeKind.ADD_FLAG, "\\seen"), list(holding.held))
        assert "\\seen" not in box.flags_of(token)

    def _apply(self, box: Box, holding: Holding, change: MailboxChange, uids: list[str]) -> Collection[str]:
        source = box.open()
        try:
            return source.apply(source.folders()[0], holding.generation, change, uids)
        finally:
            source.close()

    def _uid_of(self, holding: Holding, subject: str) -> str:
        wanted = f"Subject: {subject}".encode()
        return next(uid for uid, message in holding.held.items() if wanted in message.data.splitlines())

"""What a source of mail does of itself, for a kind that leaves nothing out."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from crm_model.errors import NotFound, NotSupported
from crm_model.mail import MailboxRole, RawMessage
from sync.mailboxes.contract import Folder, KnownIds, MailPage, MailSource
from sync.mailboxes.testing.contract import WITH_ATTACHMENT

INBOX = Folder("inbox", "Inbox", MailboxRole.INBOX)


class Plain(MailSource):
    """The least that a kind of mailbox writes."""

    def __init__(self, message: RawMessage) -> None:
        self._message = message

    def folders(self) -> tuple[Folder, ...]:
        return (INBOX,)

    def fetch_page(self, folder: Folder, cursor: str, known: KnownIds) -> MailPage:
        return MailPage("1", (self._message,), "c", more=False)

    def list_uids(self, folder: Folder) -> tuple[str, Iterable[str]]:
        return "1", (self._message.uid,)

    def fetch(self, folder: Folder, uid: str) -> RawMessage:
        if uid != self._message.uid:
            raise NotFound("gone")
        return self._message

    def close(self) -> None:
        """Nothing is open."""


def test_an_attachment_comes_out_of_the_message() -> None:
    source = Plain(RawMessage("1", WITH_ATTACHMENT, len(WITH_ATTACHMENT)))
    assert source.fetch_part(INBOX, "1", "2") == bytes(range(256)) * 300
    for uid, part in (("2", "2"), ("1", "7")):
        with pytest.raises(NotFound):
            source.fetch_part(INBOX, uid, part)


def test_a_message_that_was_cut_off_gives_no_half_attachment() -> None:
    with pytest.raises(NotSupported, match="so large"):
        Plain(RawMessage("1", WITH_ATTACHMENT[:2_000], len(WITH_ATTACHMENT), truncated=True)).fetch_part(
            INBOX, "1", "2"
        )

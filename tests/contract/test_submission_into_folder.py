"""Sending into a folder keeps every promise of the kit; nothing is half written, and nobody is asked for a server."""

from __future__ import annotations

import mailbox
from collections.abc import Sequence
from pathlib import Path

import pytest

from crm_model.errors import TryLater
from crm_model.options import Connection
from sync.submission.contract import Submission
from sync.submission.into_folder import FolderSubmission
from sync.submission.testing import Arrived, SubmissionContract, sample_mail


class TestFolder(SubmissionContract):
    folder: Path

    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "not there yet" / "nobody"

    def open(self) -> Submission:
        return FolderSubmission(Connection("work", "maildir", {"send_into": str(self.folder)}, secret=str))

    def arrived(self) -> Sequence[Arrived]:
        if not self.folder.exists():
            return []
        held = mailbox.Maildir(self.folder, create=False)
        mails = [held.get_bytes(key) for key in sorted(held.keys())]
        return [Arrived(_envelope(mail), mail.partition(b"\n")[2]) for mail in mails]


def _envelope(mail: bytes) -> tuple[str, ...]:
    name, _, to = mail.partition(b"\n")[0].decode().partition(": ")
    assert name == "X-Envelope-To"
    return tuple(to.split(", "))


def test_a_folder_that_cannot_be_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    way = FolderSubmission(Connection("work", "maildir", {"send_into": str(tmp_path / "file" / "x")}, secret=str))
    with pytest.raises(TryLater, match="give send_into another folder"):
        way.send(sample_mail("ola@bergen.example"), lambda: None)

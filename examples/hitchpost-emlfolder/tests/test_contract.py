"""The folder keeps Hitchpost's contract, found as Hitchpost finds it: by its entry point."""

from __future__ import annotations

import os
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest

from crm_model.options import Connection
from sync.mailboxes import registry
from sync.mailboxes.contract import MailSource
from sync.mailboxes.testing import Box, MailboxContract


class FolderBox(Box):
    changes_generation = False
    has_flags = False
    changes_flags = False
    archives = False
    keeps_keywords = False

    def __init__(self, folder: Path) -> None:
        self.folder, self.numbers = folder, count()

    def deliver(self, data: bytes, at: datetime) -> object:
        path = self.folder / f"{next(self.numbers)}.eml"
        path.write_bytes(data)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def remove(self, token: object) -> None:
        Path(str(token)).unlink()

    def mark_seen(self, token: object) -> None:
        raise NotImplementedError

    def snapshot(self) -> object:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def open(self) -> MailSource:
        return registry.load("emlfolder").open(Connection("mine", "emlfolder", {"path": str(self.folder)}, lambda: ""))


class TestEmlFolder(MailboxContract):
    @pytest.fixture
    def box(self, tmp_path: Path) -> FolderBox:
        return FolderBox(tmp_path)

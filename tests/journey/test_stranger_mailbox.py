"""A kind of mailbox that a stranger wrote, in a package of its own, is found, read, and keeps the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.mailboxes.testing import letter
from tests.journey.stranger import Stranger, install


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    return install("hitchpost-emlfolder", tmp_path_factory.mktemp("stranger"))


def test_it_keeps_the_contract(stranger: Stranger, tmp_path: Path) -> None:
    stranger.test(tmp_path)


def test_the_commands_know_it(stranger: Stranger, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "one.eml").write_bytes(letter(1))

    def hitchpost(*words: str) -> str:
        done = stranger.run(tmp_path, "-m", "hitchpost", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    hitchpost("init", "--author", "Kari", "--domain", "fjordlys.example")
    hitchpost("mailbox", "add", "scans", "--kind", "emlfolder", "--set", "path=scans")
    assert "inbox" in hitchpost("mailbox", "test", "scans")
    hitchpost("sync")
    assert "Letter 1" in hitchpost("threads", "--view", "all")
    hitchpost("audit")

"""Replies and forwards of many mail programs, in many languages, whose answers are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.quotes import split_text

MAIL = Path(__file__).parents[2].parent / "shared" / "data" / "mail"
pytestmark = pytest.mark.skipif(not MAIL.is_dir(), reason="the shared corpus is not on this machine")
# 7 and 8 say more than the common answer; 9 is introduced by "Message du : DATE" above an incomplete block.
OTHER_ANSWERS = {"email_7.txt", "email_8.txt", "email_9.txt"}
COMMON = "Fusce bibendum, quam hendrerit"


def replies() -> list[Path]:
    found = sorted((MAIL / "crisp-reply").glob("*.txt")) if MAIL.is_dir() else []
    return [path for path in found if path.read_text().lstrip().startswith(COMMON) and path.name not in OTHER_ANSWERS]


def forwards() -> list[Path]:
    return sorted((MAIL / "crisp-forward").glob("*_body*.txt")) if MAIL.is_dir() else []


def test_there_are_enough_of_them() -> None:
    assert len(replies()) >= 40
    assert len(forwards()) >= 150


@pytest.mark.parametrize("path", replies(), ids=lambda path: path.name)
def test_reply_is_cut_to_the_common_answer(path: Path) -> None:
    answer = (MAIL / "crisp-reply" / "email_norwegian_gmail.txt").read_text().split("\n\n")[0].strip()
    assert split_text(path.read_text()).new.strip() == answer


@pytest.mark.parametrize("path", forwards(), ids=lambda path: path.name)
def test_forwarded_text_is_quoted(path: Path) -> None:
    parts = split_text(path.read_text())
    assert "Integer consequat non purus" not in parts.new
    assert "john.doe@acme.com" not in parts.new
    assert "Aenean quis" not in parts.new

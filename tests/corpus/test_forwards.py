"""Forwards of every mail program in many languages (crisp-oss/email-forward-parser): who wrote what is passed on?"""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.judging.forwards import Block, find_blocks, find_sentence

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "mail" / "crisp-forward"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the forwards (../shared/data/mail) are not here")
# The fourth variant is an answer, not a forward; its quote may name nobody.
FILES = [file for file in sorted(FOLDER.glob("*_body*.txt")) if "variant_4" not in file.name]


def author(file: Path) -> Block | None:
    text = file.read_text(encoding="utf-8", errors="replace")
    blocks = find_blocks(text) or find_sentence(text)
    return blocks[0] if blocks else None


def test_the_author_is_found_in_nearly_every_shape() -> None:
    wrong = []
    for file in FILES:
        block = author(file)
        if block is None or "john doe" not in f"{block.sender.name} {block.sender.email}".casefold().replace(".", " "):
            wrong.append(file.name)
    assert len(FILES) > 170
    assert len(wrong) <= 0.05 * len(FILES), wrong

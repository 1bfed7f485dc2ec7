"""The README's table of keys and its pictures say what the screen does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tui.commands import COMMANDS, LIST_KEYS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shown", "label"),
    [*((command.shown, command.label) for command in COMMANDS), *LIST_KEYS],
    ids=[*(command.id for command in COMMANDS), *(keys for keys, _ in LIST_KEYS)],
)
def test_every_key_stands_in_the_readme(shown: str, label: str) -> None:
    keys = " ".join(f"`{key}`" for key in shown.split())
    assert f"| {keys} | {label} |" in README


def test_pictures_are_there_and_fetch_nothing() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) >= 4
    for picture in pictures:
        drawn = (ROOT / picture).read_text(encoding="utf-8")
        assert "url(http" not in drawn, picture
        assert len(re.findall("<text", drawn)) > 50, picture

"""The README's tables of keys and commands and its pictures say what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from crm_adapters import registry as crms
from hitchpost.cli import app
from sync.mailboxes import registry as mailboxes
from sync.settings import WEB_FORMS  # nobody adds it: it comes with the first form
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


ROOT_COMMAND: Any = get_command(app)


@pytest.mark.parametrize("name", sorted(ROOT_COMMAND.commands))
def test_every_command_stands_in_the_readme(name: str) -> None:
    table = README.partition("\n## Commands\n")[2].partition("\n## ")[0]
    [row] = re.findall(rf"^\| [^|]*`{name}\b.*$", table, re.M)
    parts = getattr(ROOT_COMMAND.commands[name], "commands", {})
    assert {part for part in parts if not re.search(rf"\b{part}\b", row)} == set()


@pytest.mark.parametrize(
    ("group", "option", "kinds"),
    [("mailbox", "kind", tuple(set(mailboxes.kinds()) - {WEB_FORMS})), ("crm", "backend", tuple(crms.backends()))],
)
def test_readme_and_help_name_every_kind(group: str, option: str, kinds: tuple[str, ...]) -> None:
    [row] = re.findall(rf"^\| `{group} add`.*$", README, re.M)
    [told] = [each.help for each in ROOT_COMMAND.commands[group].commands["add"].params if each.name == option]
    assert kinds
    assert {kind for kind in kinds if not re.search(rf"\b{kind}\b", row)} == set()
    assert {kind for kind in kinds if not re.search(rf"\b{kind}\b", told)} == set()

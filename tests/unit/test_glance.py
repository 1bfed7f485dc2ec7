"""What is read of the configuration before it is checked says the same as the check does, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.glance import Look, glance
from sync.settings import load

MAIL = '[[mail_account]]\nname = "work"\nkind = "maildir"\npath = "mail"\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        'language = "no"\ntheme = "light"\n',
        '[keys]\nset = "arrows"\n[triage]\nnotify = "bell"\n',
        '[keys.own]\narchive = "D"\n[triage]\ncold_days = 3\n',
    ],
)
def test_a_glance_says_what_the_checked_settings_say(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"\ufeff{text}{MAIL}", encoding="utf-8")
    checked = load(file)
    look = Look(checked.language, checked.theme, checked.key_set, checked.own_keys, checked.notify)
    assert glance(file) == look


@pytest.mark.parametrize(
    "text",
    [
        "language = ",
        "language = 3",
        'language = "xx"',
        'theme = "pink"',
        'keys = "vim"',
        '[keys]\nset = "emacs"',
        "[keys]\nown = 3",
        "[keys.own]\narchive = 3",
        "triage = []",
        '[triage]\nnotify = "loud"',
    ],
)
def test_what_does_not_pass_is_left_to_the_check(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert glance(file) is None


def test_no_file_and_no_text(tmp_path: Path) -> None:
    assert glance(tmp_path / "none.toml") is None
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe\x00")
    assert glance(tmp_path / "config.toml") is None


def test_a_file_nested_without_end_is_left_to_the_check(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"a = {'[' * 5000}{']' * 5000}")
    assert glance(file) is None

"""Completing a path: what it may become, and where it begins anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.screens.file_picker import _completions


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home" / "letters").mkdir(parents=True)
    (tmp_path / "home" / "offer.pdf").write_bytes(b"%PDF")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def paths(text: str) -> list[str]:
    return [choice.value.path for choice in _completions(text)]


def test_folders_stand_first() -> None:
    assert paths("~/") == ["~/letters", "~/offer.pdf"]


@pytest.mark.parametrize("before", ["~/", "~/letters/", "/nowhere//"])
def test_a_second_slash_begins_at_the_root(folder: Path, before: str) -> None:
    assert paths(f"{before}{folder}/home/of") == [f"{folder}/home/offer.pdf"]


@pytest.mark.parametrize("before", ["~/", "/srv/", "~//srv/"])
def test_a_tilde_begins_at_home(before: str) -> None:
    assert paths(f"{before}~/of") == ["~/offer.pdf"]


def test_a_name_may_hold_a_tilde(folder: Path) -> None:
    (folder / "home" / "draft~1.txt").touch()
    (folder / "home" / "~lock").touch()
    assert paths("~/draft~") == ["~/draft~1.txt"]
    assert paths("~/~") == ["~/~lock"]

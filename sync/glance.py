"""A look at the configuration before it is checked: what the screen needs to stand, read in a moment.

Outside of `sync.settings`, whose import takes a third of a second.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import platformdirs

from sync.screen_choices import KeySet, Notify, ScreenLanguage, ThemeName


@dataclass(frozen=True, slots=True)
class Look:
    """What the configuration says of the screen itself; see `sync.settings.Settings`."""

    language: str
    theme: str
    key_set: str
    own_keys: Mapping[str, str]
    notify: str


_CHOICES = (ScreenLanguage, ThemeName, KeySet, Notify)


def default_file() -> Path:
    """Where the configuration is looked for when nobody says."""
    return platformdirs.user_config_path("hitchpost", appauthor=False) / "config.toml"


def glance(path: Path) -> Look | None:
    """How the screen is to look; None where that does not pass: checking the file as a whole says why."""
    try:
        held = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        keys = {"set": "vim", "own": {}, **held.get("keys", {})}
        notify, own = {"notify": "auto", **held.get("triage", {})}["notify"], dict(keys["own"])
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    found = (held.get("language", ""), held.get("theme", "auto"), keys["set"], notify)
    known = all(value in get_args(choices) for value, choices in zip(found, _CHOICES, strict=True))
    if not known or not all(isinstance(each, str) for each in own.values()):
        return None
    return Look(found[0], found[1], found[2], own, notify)

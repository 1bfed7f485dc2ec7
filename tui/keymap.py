"""Which keys mean which command: the sets that are ready, and what a person makes of one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from textual.keys import Keys, format_key
from textual.keys import _character_to_key as key_name

from crm_model.errors import ConfigError
from tui.commands import COMMANDS, Command

SETS: Mapping[str, Mapping[str, str]] = {
    "vim": {},
    "arrows": {
        "next": "ctrl+down",
        "previous": "ctrl+up",
        "message.next": "shift+down",
        "message.previous": "shift+up",
        "filter.next": "ctrl+right",
        "filter.previous": "ctrl+left",
        "record.next": "shift+right",
        "archive": "delete",
        "mark": "insert,space",
        "undo": "ctrl+z",
        "edit": "f2",
        "search": "f3",
        "refresh": "f5",
        "settings": "f10",
        "help": "f1",
        "quit": "ctrl+q",
    },
}
"""By name; what a set does not say stays as `tui.commands` has it."""

_PANES = ["j", "k", "down", "up", "g", "G", "home", "end", "pagedown", "pageup", "ctrl+d", "ctrl+u", "ctrl+p", "colon"]
_MODIFIERS = ("ctrl", "shift", "alt", "super")
_NAMED = {key.value for key in Keys}
_SHOWN = {command.shown.split()[0]: command.id for command in COMMANDS}


class _InUse:
    """What the keys mean in this process; one person sits at one keyboard."""

    def __init__(self) -> None:
        self.commands = COMMANDS


_in_use = _InUse()


def keymap_of(name: str, own: Mapping[str, str], file: Path) -> dict[str, str]:
    """The keys by command: a ready set with a person's `own` over it. Errors: ConfigError that names the mend."""
    keymap = dict(SETS[name])
    known = {command.id: command for command in COMMANDS}
    for command, keys in own.items():
        if command not in known:
            nearest = next(iter(difflib.get_close_matches(command, known, 1)), None)
            raise ConfigError("is no command of the screen", file=file, key=f"keys.own: {command}", nearest=nearest)
        keymap[command] = ",".join(_checked(key.strip(), command, file) for key in keys.split(","))
    _refuse_twice(keymap, file)
    return keymap


def _checked(key: str, command: str, file: Path) -> str:
    *held, last = key.split("+") if len(key) > 1 else [key]
    name = key_name(last) if len(last) == 1 else last
    where = f"keys.own: {command}"
    if any(each not in _MODIFIERS for each in held) or not (len(last) == 1 or name in _NAMED):
        names = difflib.get_close_matches(last, _NAMED, 1)
        problem = f"“{key}” is no key; write it like E, f2, ctrl+e or shift+down"
        raise ConfigError(problem, file=file, key=where, nearest=next(iter(names), None))
    whole = "+".join((*held, name))
    if whole in _PANES:
        raise ConfigError(f"“{key}” moves in every list; choose another key", file=file, key=where)
    return whole


def _refuse_twice(keymap: Mapping[str, str], file: Path) -> None:
    taken: dict[str, str] = {}
    for command in COMMANDS:
        for key in keymap.get(command.id, command.keys).split(","):
            if key in taken:
                problem = f"“{_word(key)}” means {taken[key]} and {command.id}; give one of them another key"
                raise ConfigError(problem, file=file, key="keys.own")
            taken[key] = command.id


def use_keys(keymap: Mapping[str, str]) -> None:
    """From now on help and hints name these keys."""
    _in_use.commands = tuple(
        replace(command, keys=keymap[command.id], shown="  ".join(map(_word, keymap[command.id].split(","))))
        if command.id in keymap
        else command
        for command in COMMANDS
    )


def commands_in_use() -> tuple[Command, ...]:
    """Every command with the keys that it has now."""
    return _in_use.commands


def key_shown(usual: str) -> str:
    """What stands in a hint for the key that usually means a command."""
    command = _SHOWN.get(usual)
    return next((each.shown.split()[0] for each in _in_use.commands if each.id == command), usual)


class _Keys(Mapping[str, str]):
    """What stands in a sentence for a command's key, by the command's name: say("({key[undo]} undoes)", key=KEYS)."""

    def __getitem__(self, command: str) -> str:
        return next(each.shown.split()[0] for each in _in_use.commands if each.id == command)

    def __iter__(self) -> Iterator[str]:
        return (command.id for command in COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


KEYS = _Keys()


def _word(key: str) -> str:
    """A key as people write it: "^z" for "ctrl+z", "F2" for "f2"."""
    *held, last = key.split("+")
    last = format_key(last)
    last = last.upper() if last[:1] == "f" and last[1:].isdigit() else last
    return "".join({"ctrl": "^", "shift": "S-", "alt": "M-"}.get(each, f"{each}-") for each in held) + last

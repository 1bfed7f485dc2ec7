"""Keys by command: the ready sets, a person's own, and sentences for what can't be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_model.errors import ConfigError
from tui.commands import COMMANDS
from tui.hints import hints_for
from tui.keymap import SETS, commands_in_use, key_shown, keymap_of, use_keys

FILE = Path("/etc/hitchpost/config.toml")


@pytest.fixture(autouse=True)
def usual_keys_again() -> Iterator[None]:
    yield
    use_keys({})


@pytest.mark.parametrize("name", SETS)
def test_a_ready_set_gives_every_command_keys_of_its_own(name: str) -> None:
    use_keys(keymap_of(name, {}, FILE))
    keys = [key for command in commands_in_use() for key in command.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert len(commands_in_use()) == len(COMMANDS)


def test_own_keys_stand_over_the_set_and_in_help_and_hints() -> None:
    use_keys(keymap_of("arrows", {"undo": "?, ctrl+e", "search": "f7"}, FILE))
    shown = {command.id: command.shown for command in commands_in_use()}
    assert shown["undo"] == "?  ^e"
    assert shown["search"] == "F7"
    assert shown["help"] == "F1"
    assert key_shown("x") == "x"
    assert dict(hints_for(None, None)) == {"F1": "help", "F7": "search", "f": "views", "?": "undo", "^q": "quit"}


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"archiv": "E"}, "archive"),
        ({"archive": "u"}, "“u” means archive and undo"),
        ({"archive": "j"}, "moves in every list"),
        ({"archive": "delte"}, "delete"),
        ({"archive": "hyper+e"}, "is no key"),
        ({"archive": ""}, "is no key"),
    ],
)
def test_what_can_not_be_is_refused_with_the_mend(own: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        keymap_of("vim", own, FILE)
    assert "keys.own" in str(caught.value)


def test_every_command_stands_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    section = text.partition("## `[keys]`")[2].partition("\n## ")[0]
    assert [command.id for command in COMMANDS if f"`{command.id}`" not in section] == []

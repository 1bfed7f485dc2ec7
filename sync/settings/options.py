"""The keys that belong to one kind of mailbox or CRM, checked against what the kind says it wants."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from crm_model.errors import ConfigError
from crm_model.options import OptionSpec, OptionType, OptionValue

_SECRET_WORDS = re.compile(r"(?:.*[_-])?(?:password|passwd|pass|passphrase|pw|pwd|token|api_?key|secret(?:_key)?)")
_MEND = 'secret = { keyring = "NAME" }, { env = "NAME" } or { command = "…" }'

Refuse = Callable[..., ConfigError]
"""Makes the error for a key of this table: `refuse(key, problem, nearest=None)`."""


def check_options(
    given: Mapping[str, object], specs: Iterable[OptionSpec], folder: Path, refuse: Refuse
) -> dict[str, OptionValue]:
    """Every option that is given or has a default, by name; paths absolute, `~` and relative ones from `folder`.

    Errors: ConfigError for an unknown key, a missing or wrong value, or a secret written out.
    """
    known = {spec.name: spec for spec in specs}
    for key, value in given.items():
        if key not in known:
            raise _unknown(key, value, known, refuse)
    checked: dict[str, OptionValue] = {}
    for spec in known.values():
        if spec.name in given:
            checked[spec.name] = _check(spec, given[spec.name], folder, refuse)
        elif spec.required:
            raise refuse(spec.name, f"is missing: {spec.help}")
        elif spec.default is not None:
            checked[spec.name] = spec.default
    return checked


def nearest_name(word: str, names: Iterable[str]) -> str | None:
    """The valid name that looks most like `word`, None if none does."""
    return next(iter(difflib.get_close_matches(word.lower(), list(names), n=1, cutoff=0.5)), None)


def _unknown(key: str, value: object, known: Mapping[str, OptionSpec], refuse: Refuse) -> ConfigError:
    if _SECRET_WORDS.fullmatch(key.lower()) and isinstance(value, str):
        return refuse(key, f"no secret stands in this file; take it out and write {_MEND}")
    nearest = nearest_name(key, [*known, "name", "secret"])
    return refuse(key, f"nobody knows this key; it can be {', '.join(sorted(known)) or 'left out'}.", nearest)


def _check(spec: OptionSpec, value: object, folder: Path, refuse: Refuse) -> OptionValue:
    match spec.type, value:
        case OptionType.BOOLEAN, bool():
            return value
        case OptionType.INTEGER, int() if not isinstance(value, bool):
            return value
        case OptionType.LIST, list() if all(isinstance(item, str) for item in value):
            return tuple(_choice(spec, item, refuse) for item in value)
        case OptionType.TEXT, str():
            return _choice(spec, value, refuse)
        case OptionType.PATH, str() if value and "\0" not in value:
            return str(folder / Path(value).expanduser())
    raise refuse(spec.name, f"must be {_WORDS[spec.type]}, but it is {describe_value(value)}")


def _choice(spec: OptionSpec, value: str, refuse: Refuse) -> str:
    if spec.choices and value not in spec.choices:
        raise refuse(spec.name, f"must be one of {', '.join(spec.choices)}", nearest_name(value, spec.choices))
    return value


_WORDS = {
    OptionType.TEXT: "text in quotes",
    OptionType.INTEGER: "a whole number",
    OptionType.BOOLEAN: "true or false",
    OptionType.LIST: "a list of texts in brackets",
    OptionType.PATH: "a path in quotes",
}


def describe_value(value: object) -> str:
    """What kind of TOML value this is, in words; never the value, which may be a secret."""
    names = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), "something else")

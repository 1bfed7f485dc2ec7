"""What pydantic found wrong, as one sentence with file, key and mend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crm_model.errors import ConfigError
from sync.settings.options import describe_value, nearest_name

_WANTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list in brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}

Place = tuple[int | str, ...]


def problem_of(error: ValidationError, model: type[BaseModel], tables: Mapping[str, object], path: Path) -> ConfigError:
    """The first thing that is wrong, and how many more there are."""
    details = error.errors(include_url=False, include_input=False, include_context=True)
    first, more = details[0], len(details) - 1
    sentence, nearest = _sentence(first, model, tables)
    if more and not nearest:
        sentence = f"{sentence} ({more} more like this)"
    return ConfigError(sentence, file=path, key=_key(first["loc"], tables), nearest=nearest)


def _sentence(detail: ErrorDetails, model: type[BaseModel], tables: Mapping[str, object]) -> tuple[str, str | None]:
    if detail["type"] != "extra_forbidden":
        return _about_value(detail, tables), None
    names = _names_at(detail["loc"][:-1], model)
    nearest = nearest_name(str(detail["loc"][-1]), names)
    return ("nobody knows this key." if nearest else f"nobody knows this key; here stand {', '.join(names)}."), nearest


def _about_value(detail: ErrorDetails, tables: Mapping[str, object]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}, but it is {describe_value(_value_at(detail['loc'], tables))}"
    if kind == "literal_error":
        return f"must be {context['expected']}".replace("'", '"')
    limits = {"ge": "at least", "le": "at most"}
    limit = next((f"must be {words} {context[name]}" for name, words in limits.items() if name in context), "")
    return limit or ("is missing" if kind == "missing" else str(context.get("error", detail["msg"])))


def _value_at(place: Place, tables: Mapping[str, object]) -> object:
    value: object = tables
    for step in place:
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
    return value


def _key(place: Place, tables: Mapping[str, object]) -> str:
    """The place in words: a table by its name where it has one, else by its number from 1."""
    words: list[str] = []
    for index, step in enumerate(place):
        if isinstance(step, str):
            words.append(f"{'.' if words else ''}{step}")
            continue
        table = _value_at(place[: index + 1], tables)
        name = table.get("name") if isinstance(table, dict) else None
        words.append(f" “{name}”: " if isinstance(name, str) and name else f" number {step + 1}: ")
    return "".join(words).replace(": .", ": ").rstrip(": ")


def _names_at(place: Place, model: type[BaseModel]) -> list[str]:
    """The keys that are valid in the table at `place`."""
    for step in place:
        if isinstance(step, str) and step in model.model_fields:
            model = next(iter(_models_in(model.model_fields[step].annotation)), model)
    return list(model.model_fields)


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]

"""What forms say, in each of their languages; the catalogues are `data/<language>.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from crm_model.web_forms import LANGUAGES

_ALIKE = {"nb": "no", "nn": "no", "da": "no"}
_MOST_WISHES = 20


@cache
def texts(language: str) -> Mapping[str, str]:
    """Every text of a language by its key; the keys are the same in all of them."""
    text = files("agent.web_forms").joinpath("data", f"{language}.toml").read_text(encoding="utf-8")
    return {f"{section}.{key}": value for section, found in tomllib.loads(text).items() for key, value in found.items()}


def say(language: str, key: str, **values: object) -> str:
    """A text with its values filled in."""
    return texts(language)[key].format(**values)


def wished_language(accepted: str) -> str:
    """The best language that we have of an Accept-Language header, "" if it names none."""
    wishes = []
    for place, part in enumerate(accepted[:500].split(",")[:_MOST_WISHES]):
        tongue, _, weight = part.strip().partition(";q=")
        primary = re.split(r"[-_;]", tongue.strip().lower())[0]
        found = _ALIKE.get(primary, primary)
        quality = float(weight) if re.fullmatch(r"[01](?:\.\d{1,3})?", weight.strip()) else 1.0
        if found in LANGUAGES and quality > 0:
            wishes.append((-quality, place, found))
    return min(wishes)[2] if wishes else ""

"""Words of the plain pages in each language, from `words/LANGUAGE/*.toml`, and the choice of a language.

A text is named by file and key: `plain.sorry` is `sorry` of `plain.toml`. Each language has them all; a test looks.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "no", "sv", "it", "ru")
_ALSO_CALLED = {"nb": "no", "nn": "no"}


@cache
def words(language: str) -> Mapping[str, str]:
    """Every text of one of LANGUAGES by its name; what the language lacks is English."""
    found = {} if language == "en" else dict(words("en"))
    folder = files("agent.web").joinpath("words", language)
    for file in folder.iterdir():
        if file.name.endswith(".toml"):
            stem = file.name.removesuffix(".toml")
            texts = tomllib.loads(file.read_text(encoding="utf-8"))
            found |= {f"{stem}.{key}": str(text) for key, text in texts.items()}
    return found


def choose_language(accepted: str, wanted: str = "") -> str:
    """A page's language: `wanted` if it is one of ours, else the best of an Accept-Language header, else English."""
    if (ours := _ours(wanted)) is not None:
        return ours
    best = max((_weighed(part, -number) for number, part in enumerate(accepted.split(",")[:20])), default=None)
    return best[2] if best is not None and best[0] > 0 else "en"


def _ours(tag: str) -> str | None:
    main = tag.strip().lower().partition("-")[0]
    main = _ALSO_CALLED.get(main, main)
    return main if main in LANGUAGES else None


def _weighed(part: str, place: int) -> tuple[float, int, str]:
    """Weight, place and language of one part of the header (RFC 9110, 12.5.4); weight 0 for what we don't speak."""
    tag, _, parameter = part.partition(";")
    language = _ours(tag)
    try:
        weight = float(parameter.partition("=")[2]) if parameter else 1.0
    except ValueError:
        weight = 0.0
    return (weight if 0 < weight <= 1 and language else 0.0, place, language or "")

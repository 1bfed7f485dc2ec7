"""What forms say, in each of their languages: the file `form.toml` of the outpost's words."""

from __future__ import annotations

from agent.web.words import words


def say(language: str, key: str, **values: object) -> str:
    """A text with its values filled in."""
    return words(language)[f"form.{key}"].format(**values)


def word_for(language: str, means: str) -> str:
    """Our own label for a field that means this, "" without one."""
    return words(language).get(f"form.field_{means}", "")

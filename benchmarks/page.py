"""Figures into the documentation: Markdown tables between two markers of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

END = "<!-- to here -->"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ("---",) * len(head), *rows))


def write_between(page: Path, command: str, text: str) -> None:
    """Put `text` between the markers that `command` owns on a page; at its end if there are none."""
    begin = f"<!-- {command} writes from here -->"
    before, begun, rest = page.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(END)[2] if begun else "\n"
    page.write_text(f"{before if begun else before + chr(10)}{begin}\n\n{text}\n\n{END}{after}", encoding="utf-8")

"""Printing for people and for scripts. Foreign text is made harmless here, once, on its way out."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path

from crm_model.safe_text import safe_line, safe_text

Cell = str | int | float | datetime | None


def plain(value: object) -> object:
    """A view as JSON values: dataclasses become objects, times ISO 8601 in UTC, sets sorted lists."""
    match value:
        case Enum():
            shown: object = value.value
        case datetime():
            shown = value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case date():
            shown = value.isoformat()
        case Mapping():
            shown = {str(key): plain(item) for key, item in value.items()}
        case set() | frozenset():
            shown = sorted((plain(item) for item in value), key=str)
        case list() | tuple():
            shown = [plain(item) for item in value]
        case Path():
            shown = str(value)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            shown = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case _:
            shown = value
    return shown


def print_json(value: object) -> None:
    """One line of JSON in ASCII: no character of a mail reaches the terminal raw, yet nothing is lost."""
    sys.stdout.write(json.dumps(plain(value)) + "\n")


def print_line(text: str = "") -> None:
    """One line for people."""
    sys.stdout.write(safe_line(text) + "\n")


def print_text(text: str, indent: str = "") -> None:
    """Several lines for people."""
    for line in safe_text(text).splitlines():
        sys.stdout.write(f"{indent}{line.rstrip()}\n")


def note(text: str) -> None:
    """A remark on stderr: it is not part of the answer."""
    sys.stderr.write(safe_line(text) + "\n")


def print_rows(headings: Sequence[str], rows: Iterable[Sequence[Cell]], *, empty: str = "") -> None:
    """A table on a terminal; elsewhere one line a row, separated by tabs, without headings.

    `empty` is remarked on stderr where there is no row, so that silence is never the answer.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        if empty:
            note(empty)
        return
    if not sys.stdout.isatty():
        for row in cells:
            sys.stdout.write("\t".join(row) + "\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="ellipsis", no_wrap=True)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    return safe_line(str(value))

"""Text measured in terminal cells: cut, padded and wrapped with wide and combining characters counted as drawn."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells, set_cell_size

_TAB = 4
_LONG = 2000
_COMBINING = 200


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells: padded with blanks, or cut with an ellipsis."""
    if width <= 0:
        return ""
    length = cell_len(text)
    if length <= width:
        return text + " " * (width - length)
    return set_cell_size(text, width - 1) + "…"


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, cut with an ellipsis."""
    return text if cell_len(text) <= width else fit(text, width)


def wrap(text: str, width: int) -> list[str]:
    """The lines of `text`, none wider than `width` cells, broken at blanks where there are any."""
    width = max(width, 2)
    lines: list[str] = []
    for raw in text.split("\n"):
        line = raw.expandtabs(_TAB).rstrip()
        if len(line) <= width // 2 or cell_len(line) <= width:
            lines.append(line)
        else:
            lines.extend(_broken(line, width))
    return lines


def _broken(line: str, width: int) -> list[str]:
    parts: list[str] = []
    for start in range(0, len(line), _LONG):  # so that a line of megabytes costs no quadratic time
        rest = line[start : start + _LONG]
        while cell_len(rest) > width:
            head = _head(rest, width)
            parts.append(head.rstrip())
            rest = rest[len(head) :].lstrip(" ")
        if rest:
            parts.append(rest)
    return parts


def _head(text: str, width: int) -> str:
    head = text[:width] if text.isascii() else chop_cells(text[: width + _COMBINING], width)[0]
    blank = head.rfind(" ")
    if text[len(head) : len(head) + 1] != " " and blank > 0 and head[:blank].strip():
        return head[:blank]
    return head or text[0]

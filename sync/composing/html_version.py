"""The HTML version of a plain text: paragraphs, quotes and links, nothing that a mail client would take amiss."""

from __future__ import annotations

import html
import re
from itertools import groupby

from sync.composing.flowed import quote_depth, unquoted

_LINK = re.compile(r"https?://[^\s<>\"'\x00-\x20]{1,2000}")
_TRAILING = ".,;:!?)"
_QUOTE_STYLE = "margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex"


def html_version(text: str) -> str:
    """A whole document. Only addresses that begin with http become links, as they stand."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = "".join(_block(depth, [unquoted(line) for line in some]) for depth, some in groupby(lines, quote_depth))
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{body}</body></html>\n'


def _block(depth: int, lines: list[str]) -> str:
    inner = "<br>\n".join(_line(line) for line in lines)
    opened = f'<blockquote type="cite" style="{_QUOTE_STYLE}">' * depth
    return f"{opened}<div>{inner}</div>{'</blockquote>' * depth}\n"


def _line(line: str) -> str:
    made, at = [], 0
    for match in _LINK.finditer(line):
        address = match[0].rstrip(_TRAILING)
        made += [_words(line[at : match.start()]), _link(address)]
        at = match.start() + len(address)
    return "".join([*made, _words(line[at:])])


def _link(address: str) -> str:
    escaped = html.escape(address)
    return f'<a href="{escaped}">{escaped}</a>'


def _words(text: str) -> str:
    """Runs of blanks stay as wide as they are typed."""
    return html.escape(text).replace("  ", " &nbsp;")

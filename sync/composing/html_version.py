"""The HTML version of a plain text: paragraphs, quotes and links, nothing that a mail client would take amiss.

[our prices](https://fjord.example/prices) becomes a link with words, in what the person writes alone: in quoted and
forwarded text it stays as it stands, for there a stranger would choose the words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import groupby, pairwise

from sync.composing.flowed import FORWARDED, quote_depth, unquoted

_LINK = re.compile(r"https?://[^\s<>\"'\x00-\x20]{1,2000}")
_NAMED = re.compile(r"\[([^\[\]\x00-\x1f]{1,200})\]\((https?://[^\s<>\"'\x00-\x20()]{1,2000})\)")
_TRAILING = ".,;:!?)"
_OPENED = '<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">'
_MOST_QUOTES = 500  # that one mail opens; real ones open some dozens


def html_version(text: str) -> str:
    """A whole document. Only addresses that begin with http become links, as they stand or behind words in brackets."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    end = lines.index(FORWARDED) if FORWARDED in lines else len(lines)
    body = _blocks(lines[:end])
    if lines[end:]:
        body += f'<div class="gmail_quote">\n{_blocks(lines[end:], named=False)}</div>\n'
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{body}</body></html>\n'


def _blocks(lines: list[str], *, named: bool = True) -> str:
    depths = [quote_depth(line) for line in lines]
    deepest = _bearable(depths)
    shown = [min(depth, deepest) for depth in depths]
    made, at = [], 0
    for depth, some in groupby(zip(shown, depths, lines, strict=True), lambda each: each[0]):
        inner = "<br>\n".join(_marked(line, real - depth, named and not real) for _, real, line in some)
        made.append(f"{_turn(at, depth)}<div>{inner}</div>\n")
        at = depth
    return "".join(made) + _turn(at, 0)


def _bearable(depths: Sequence[int]) -> int:
    """How deep quotes may stand in one another: what jumps up and down all the time would open thousands."""
    for deepest in range(max(depths, default=0), 0, -1):
        stood = [min(depth, deepest) for depth in depths]
        if sum(max(0, there - here) for here, there in pairwise([0, *stood])) <= _MOST_QUOTES:
            return deepest
    return 0


def _turn(here: int, there: int) -> str:
    return _OPENED * (there - here) if there > here else "</blockquote>" * (here - there) + "\n" * (here > there)


def _marked(line: str, marks: int, named: bool) -> str:
    """What a line says, behind the marks of the quotes that are not drawn."""
    text = "> " * marks + unquoted(line)
    return _named_links(text) if named else _line(text)


def _named_links(line: str) -> str:
    made, at = [], 0
    for match in _NAMED.finditer(line):
        address = html.escape(match[2])
        made += [_line(line[at : match.start()]), f'<a href="{address}">{html.escape(match[1])}</a>']
        at = match.end()
    return "".join([*made, _line(line[at:])])


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

"""The lines under a letter: name, title, company, numbers; without greeting, devices and lawyers."""

from __future__ import annotations

import re

from agent.judging.lexicon import Words, load
from sync.quotes import TextParts

_MOST_LINES = 14
_SEGMENT = re.compile(r"\s*[|;·•\t]\s*|\s{3,}|,\s+|\s+[–—-]+\s+|\s/{1,2}\s|:\s(?=\S+@)")
_SENTENCE = re.compile(r"[.!?…]\s*$")
_RULE = re.compile(r"^[\s_=*~–—-]{2,}$")


class Closing:
    """The closing lines from the top down, and the segments that commas, bars and dashes cut them into."""

    def __init__(self, parts: TextParts, name: str) -> None:
        self.lines = _closing_lines(parts)
        self.segments = [part.strip(" .,;:|-–—*") for line in self.lines for part in _SEGMENT.split(line)]
        self.segments = [part for part in self.segments if part]


def _closing_lines(parts: TextParts) -> list[str]:
    body = [line.strip() for line in parts.new.splitlines()]
    signature = [line.strip() for line in parts.signature.splitlines()]
    lines = [line for line in body + signature if line and not _RULE.match(line)]
    while lines and _is_small_print(lines[-1]):
        lines.pop()
    kept: list[str] = []
    for at, line in enumerate(reversed(lines)):
        if at >= _MOST_LINES or _is_prose(line, first=not kept):
            break
        kept.append(line)
    if kept and len(kept) == len(lines) and len(kept) > 1:
        kept.pop()  # the greeting of a letter without any long line
    kept.reverse()
    return [line for line in kept if not is_signoff(line)]


def _is_prose(line: str, *, first: bool) -> bool:
    """Whether a line is told rather than signed."""
    words = line.split()
    if len(line) > 160:
        return True
    digits = sum(char.isdigit() for char in line)
    contact = digits >= 6 or "@" in line
    lower = sum(word[:1].islower() for word in words)
    if _SENTENCE.search(line) and len(words) >= 4 and lower * 2 >= len(words) and not contact:
        return True
    if contact:
        return len(words) >= 12 and lower >= 7
    return (len(words) >= 8 and lower * 2 > len(words)) or line.endswith(":") or (line.endswith("?") and not first)


def _is_small_print(line: str) -> bool:
    words = Words(line[:2000]).words
    hits = {hit.theme for hit in load("closing").find(words)}
    if "device" in hits and len(words) <= 10:
        return True
    return ("legal" in hits and len(words) >= 8) or len(words) > 60


def is_signoff(line: str) -> bool:
    """Whether a line only closes the letter ("Kind regards,")."""
    words = Words(line[:80]).words
    hits = [hit for hit in load("closing").find(words) if hit.theme == "signoff"]
    return bool(hits) and max(hit.last - hit.first for hit in hits) + 1 >= len(words)

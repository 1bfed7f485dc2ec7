"""The text of a mail taken apart: what is new, what is quoted, what is signature.

Works line by line with anchored patterns on capped lines, so that the time is linear in the text:
the libraries for this have patterns that take minutes on a long line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sync.quote_words import (
    CLOSINGS,
    DEVICE_LINES,
    FORWARD_LINES,
    FROM_LABELS,
    LEAD_IN,
    OTHER_LABELS,
    SEPARATORS,
    THANKS,
    WROTE,
)

_LINE_CHARS = 400  # of a line, what is looked at
_HEADER_LINES = 10  # how far a block of From, Sent, To, Subject may reach
_ATTRIBUTION_LINES = 4
_MAX_TRIES = 200  # blocks of headers that were none
_RULERS = frozenset(("--", "––", "——", "__", "==", "**", "- "))
_RULER_STARTS = frozenset("> \t-–—_=*")
_SIGNATURE_LINES = 20


def _starts(words: Sequence[str]) -> frozenset[str]:
    """What lines begin with that any of the words begins, in lower case."""
    return frozenset(word[:_START_CHARS].lower() for word in words)


def _any(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_WROTE = re.compile(rf"(?<!\w)(?:{_any(WROTE)})(?!\w)", re.IGNORECASE)
_WROTE_LAST = re.compile(rf"(?<!\w)(?:{_any(WROTE)})$", re.IGNORECASE)
_DASHED_WROTE = re.compile(rf"-{{3,}}\s.{{5,300}}(?<!\w)(?:{_any(WROTE)})\s*:?\s*-{{3,}}", re.IGNORECASE)  # Zoho
_DASHED = re.compile(r"[>\s]*-{4,}\s?[^-].{1,60}-{4,}\s*")
_LABEL = re.compile(r"[>\s]*[^:：]{1,30}\s?[:：]")
_LEAD_IN = re.compile(rf"[>\s\ufeff]*(?:{_any(LEAD_IN)})\b", re.IGNORECASE)
_WHEN = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
_WHO = re.compile(r"[^\s<>@]@[^\s<>@]|<[^<>]*>")
_NAMELESS = re.compile(r"<[^<>\s]+@[^<>\s]+>\s*:$")  # Gmail in Russian and others: date, name, address, colon
_SEPARATOR = re.compile(
    rf"[>\s]*[-–—_=*]{{2,60}}[\s>]*(?:{_any(SEPARATORS)})\s*:?\s*(?:[-–—_=*]{{2,}}.*)?", re.IGNORECASE
)
_FORWARD = re.compile(rf"[>\s]*(?:{_any(FORWARD_LINES)})\s*:\s*", re.IGNORECASE)
_RULE = re.compile(r"[>\s]*[_–—-]{10,}\s*")
_FROM = re.compile(rf"[>\s*]{{0,20}}(?:{_any(FROM_LABELS)})\s{{0,3}}\*?\s?[:：]", re.IGNORECASE)
_OTHERS = {
    role: re.compile(rf"[>\s*]{{0,20}}(?:{_any(labels)})\s{{0,3}}\*?\s?[:：]", re.IGNORECASE)
    for role, labels in OTHER_LABELS.items()
}
_MARK = re.compile(r"\s{0,3}>(?!:$)")
_DASHES = re.compile(r"(?:--|—|–|__+|\*\*\*+)\s*")
_CLOSING = re.compile(rf"(?:{_any(CLOSINGS)})(?!\w)", re.IGNORECASE)
_THANKS = re.compile(rf"(?:{_any(THANKS)})[\s,.!]*", re.IGNORECASE)
_CLOSING_CHARS = 60
_START_CHARS = 2
_DEVICE_CHARS = 120
_DEVICE = re.compile(rf"(?:{_any(DEVICE_LINES)})", re.IGNORECASE)
_SIGNATURE_STARTS = _starts((*CLOSINGS, *THANKS, *DEVICE_LINES))


@dataclass(frozen=True, slots=True)
class TextParts:
    """`new` is what this mail says, `quoted` older text with its introduction, `signature` begins at the closing."""

    new: str
    quoted: str = ""
    signature: str = ""


@lru_cache(maxsize=8)  # judging, linking and logging ask for the same mail one after the other
def split_text(text: str) -> TextParts:
    """The parts of a mail's text: every line that is not blank is in exactly one of them, in order."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    seen = [line[:_LINE_CHARS].rstrip() for line in lines]
    marked = [False] * len(seen)
    if ">" in text:
        marked = [">" in line[:4] and _MARK.match(line) is not None for line in seen]
    start, behind = _find_introduction(seen, marked)
    # Answers between or below marked quotes are new; an introduction without marks quotes all that follows.
    interleaved = _first_is_marked(seen, marked, behind)
    above = False
    fresh: list[int] = []
    older: list[int] = []
    for index, line in enumerate(seen):
        introduced = start <= index < behind or (index >= behind and not interleaved)
        # A blank line belongs to what stands above it.
        above = introduced or marked[index] or (not line and above)
        (older if above else fresh).append(index)
    cut = _find_signature([seen[index] for index in fresh])
    return TextParts(
        _join(lines, fresh[:cut]),
        _join(lines, older),
        _join(lines, fresh[cut:]),
    )


def _join(lines: list[str], chosen: list[int]) -> str:
    return "\n".join(lines[index].rstrip() for index in chosen).strip("\n")


def _first_is_marked(lines: list[str], marked: list[bool], start: int) -> bool:
    """Whether the first line with text from `start` on is marked with ">"."""
    return next((marked[index] for index in range(start, len(lines)) if lines[index]), False)


def _find_introduction(lines: list[str], marked: list[bool]) -> tuple[int, int]:
    """First line of what introduces the quote, and the line behind it; the number of lines twice if none does."""
    tries = 0
    for index in _suspects(lines):
        line = lines[index]
        if marked[index]:
            continue
        if _separates(lines, index):
            return index, index + 1
        if tries < _MAX_TRIES and _FROM.match(line):
            tries += 1
            behind = _header_block(lines, index)
            if behind:
                return _above_rule(lines, index), behind
        found = _attribution(lines, marked, index)
        if found:
            return found
    return len(lines), len(lines)


def _suspects(lines: list[str]) -> list[int]:
    """The lines worth a closer look: with a colon, an address or a ruler, or just above a line that ends in a colon."""
    found: set[int] = set()
    for index, line in enumerate(lines):
        if ":" in line or "：" in line:
            found.add(index)
            if line.endswith((":", "：")):
                found.update((index - 1, index - 2))
        elif "@" in line or "<" in line or (line and line[0] in _RULER_STARTS and _ruled(line)):
            found.add(index)
    return sorted(index for index in found if index >= 0 and lines[index])


def _ruled(line: str) -> bool:
    """Whether the line begins with a ruler, quoted or not."""
    return line.lstrip("> \t")[:2] in _RULERS


def _separates(lines: list[str], index: int) -> bool:
    """Whether the line is what programs draw above an older mail, in a language we know or by what follows it."""
    line = lines[index]
    if _FORWARD.fullmatch(line):
        return True
    if not _ruled(line):
        return False
    if _SEPARATOR.fullmatch(line) or _DASHED_WROTE.fullmatch(line):
        return True
    below = [text for text in lines[index + 1 : index + 8] if text][:5]
    labels = [text for text in below if _LABEL.match(text)]
    return bool(_DASHED.fullmatch(line)) and len(labels) >= 3 and any("@" in text for text in labels)


def _above_rule(lines: list[str], index: int) -> int:
    """`index`, or the line of underscores that Outlook draws above a block of headers."""
    above = next((at for at in range(index - 1, max(index - 4, -1), -1) if lines[at]), None)
    return above if above is not None and _RULE.fullmatch(lines[above]) else index


def _header_block(lines: list[str], index: int) -> int | None:
    """The line behind From, Sent, To, Subject in any language, None if it is no such block that begins here."""
    roles: set[str] = set()
    last = index
    for at in range(index + 1, min(index + _HEADER_LINES, len(lines))):
        if not lines[at] and not lines[at - 1]:
            break
        role = next((role for role, pattern in _OTHERS.items() if pattern.match(lines[at])), None)
        if role:
            roles.add(role)
            last = at
    return last + 1 if len(roles) >= 2 and roles & {"date", "subject"} else None


def _attribution(lines: list[str], marked: list[bool], index: int) -> tuple[int, int] | None:
    """Bounds of "On … wrote:" if its verb (or a bare address with a colon) stands on this line."""
    end = _colon_line(lines, marked, index)
    if end is None or not (_WROTE.search(lines[index]) or _NAMELESS.search(lines[index])):
        return None
    chosen = None
    for start in range(index, max(index - _ATTRIBUTION_LINES, -1), -1):
        if not lines[start] or marked[start]:
            break
        text = " ".join(lines[start : end + 1])
        if _is_attribution(text, _first_is_marked(lines, marked, end + 1)) and (
            chosen is None or _LEAD_IN.match(lines[start])
        ):
            chosen = start
    return (chosen, end + 1) if chosen is not None else None


def _colon_line(lines: list[str], marked: list[bool], index: int) -> int | None:
    for at in range(index, min(index + 3, len(lines))):
        if not lines[at] or marked[at]:
            break
        if lines[at].endswith((":", "：")):
            return at
    # Some leave the colon out: then the sentence ends in its verb.
    line = lines[index]
    named = ("@" in line or "<" in line) and _WHO.search(line)  # few lines do: look for the verb only in these
    return index if named and _WROTE_LAST.search(line) else None


def _is_attribution(text: str, before_marks: bool) -> bool:
    """Whether a sentence that ends in a colon tells who wrote and when: people write "as I wrote you:" too."""
    who, when = _WHO.search(text), _WHEN.search(text)
    if before_marks:
        return bool(who or when or _LEAD_IN.match(text) or len(text) < 80)
    return bool(when and (who or _LEAD_IN.match(text)))


def _find_signature(lines: list[str]) -> int:
    """Where the signature begins: at the earliest sign among the last lines; the number of lines if none."""
    cut, with_text = len(lines), 0
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index].strip(" \t*_•") or lines[index].strip()
        if not line:
            continue
        with_text += 1
        if with_text > _SIGNATURE_LINES:
            break
        if (_starts_signature(line) and (any(lines[:index]) or _is_device_line(line))) or _DASHES.fullmatch(
            lines[index]
        ):
            cut = index
    return cut


def _is_device_line(line: str) -> bool:
    """Whether it is “Sent from my telephone”, but no sentence that begins so."""
    return len(line) <= _DEVICE_CHARS and not line.endswith(".") and _DEVICE.match(line) is not None


def _starts_signature(line: str) -> bool:
    start = line[:_START_CHARS]
    if start.isascii() and start.lower() not in _SIGNATURE_STARTS:
        return False
    if _is_device_line(line):
        return True
    if len(line) > _CLOSING_CHARS:
        return False
    closing = _CLOSING.match(line)
    if closing is None:
        return _THANKS.fullmatch(line) is not None
    # "MVH Kari" closes, "LG monitors are what we need" does not.
    return len(line[closing.end() :].split()) <= (2 if closing.end() <= 3 else 5)

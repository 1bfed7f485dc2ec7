"""Sets of uids as commands have them (RFC 3501 9, sequence-set)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_SET_CHARACTERS = 4_000
"""Servers cut command lines at 8 kB or less (RFC 7162 4); Office 365 has been seen to at 4 kB."""


def uid_set(uids: Sequence[int]) -> tuple[str, int]:
    """As many of the ascending `uids` as fit in a command, written with ranges, and how many those are."""
    parts: list[str] = []
    length = taken = 0
    while taken < len(uids):
        last = taken
        while last + 1 < len(uids) and uids[last + 1] == uids[last] + 1:
            last += 1
        part = str(uids[taken]) if last == taken else f"{uids[taken]}:{uids[last]}"
        length += len(part) + 1
        if length > _SET_CHARACTERS:
            break
        parts.append(part)
        taken = last + 1
    return ",".join(parts), taken


def uid_sets(uids: Sequence[int]) -> Iterator[str]:
    """All of the ascending `uids`, in as many commands as that takes."""
    start = 0
    while start < len(uids):
        text, taken = uid_set(uids[start:])
        yield text
        start += taken


def read_uid_set(text: str, highest: int) -> Iterator[int]:
    """The uids of a set that a server wrote, none above `highest`: ranges may reach far beyond what exists."""
    for part in text.split(","):
        first, _, last = part.partition(":")
        if first.isdigit() and (not last or last.isdigit()):
            low, high = sorted((int(first), int(last or first)))
            yield from range(low, min(high, highest) + 1)

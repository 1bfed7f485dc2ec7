"""Ids of a mailbox as text that any database can hold, and big sets of them in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from urllib.parse import quote_from_bytes, unquote_to_bytes

_PLAIN = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")


def to_text(name: bytes) -> str:
    """A name as text without lone surrogates or controls; different names stay different, and `to_bytes` goes back."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return quote_from_bytes(name, safe=_PLAIN)
    return text if "%" not in text and text.isprintable() else quote_from_bytes(name, safe=_PLAIN)


def to_bytes(text: str) -> bytes:
    """The name that `to_text` made `text` of."""
    return unquote_to_bytes(text) if "%" in text else text.encode()


class PackedNames(Collection[str]):
    """A frozen set of names: one byte string and an offset each, about half of what a set of strings needs."""

    def __init__(self, names: Iterable[str]) -> None:
        coded = sorted({name.encode() for name in names})
        self._blob = b"".join(coded)
        self._ends = array("Q", [0])
        end = 0
        for name in coded:
            end += len(name)
            self._ends.append(end)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[str]:
        return (self._blob[start:end].decode() for start, end in pairwise(self._ends))

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        wanted = name.encode("utf-8", "surrogatepass")
        place = bisect_left(range(len(self)), wanted, key=self._at)
        return place < len(self) and self._at(place) == wanted

    def _at(self, place: int) -> bytes:
        return self._blob[self._ends[place] : self._ends[place + 1]]


class PackedNumbers(Collection[str]):
    """A frozen set of decimal uids: eight bytes each. `numbers` are sorted and have no doubles."""

    def __init__(self, numbers: array[int]) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        return map(str, self._numbers)

    def __contains__(self, uid: object) -> bool:
        if not isinstance(uid, str) or not uid.isdecimal():
            return False
        place = bisect_left(self._numbers, int(uid))
        return place < len(self._numbers) and self._numbers[place] == int(uid)

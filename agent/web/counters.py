"""How often what happened, over all processes of one outpost: a file of numbers each, added up when somebody asks."""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

COUNTED = {
    "pixels": "Pixels answered",
    "clicks": "Links answered with a redirect",
    "links_not_found": "Links that lead nowhere (any more)",
    "unknown_tokens": "Fetches of tokens that nobody published",
    "opt_outs": "Opt-outs taken",
    "submissions": "Forms taken",
    "submissions_refused": "Forms refused",
    "hooks": "Incoming hooks taken",
    "hooks_refused": "Incoming hooks refused",
    "requests_refused": "Requests refused as broken, too large or too slow",
    "agent_calls": "Calls of the agent",
    "agent_calls_refused": "Calls of the agent with a wrong signature",
}
_PLACES = {name: 8 * number for number, name in enumerate(COUNTED)}
_NUMBER = struct.Struct("<Q")
_SIZE = _NUMBER.size * len(COUNTED)


class Counters:
    """This process's numbers, and the sum of all. Made after a fork, never before."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True, mode=0o700)
        self._folder = folder
        descriptor = os.open(folder / str(os.getpid()), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, _SIZE)
            self._numbers = mmap.mmap(descriptor, _SIZE)
        finally:
            os.close(descriptor)

    def add(self, name: str) -> None:
        """One more."""
        place = _PLACES[name]
        _NUMBER.pack_into(self._numbers, place, _NUMBER.unpack_from(self._numbers, place)[0] + 1)

    def totals(self) -> dict[str, int]:
        """By name, over every process since the outpost was started."""
        totals = dict.fromkeys(COUNTED, 0)
        for path in self._folder.iterdir():
            numbers = path.read_bytes().ljust(_SIZE, b"\0")
            for name, place in _PLACES.items():
                totals[name] += _NUMBER.unpack_from(numbers, place)[0]
        return totals

    def close(self) -> None:
        """Harmless twice."""
        self._numbers.close()


def clear_counters(folder: Path) -> None:
    """Begin at nothing; before the first process counts."""
    for path in folder.iterdir() if folder.exists() else ():
        path.unlink(missing_ok=True)

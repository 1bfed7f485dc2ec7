"""The place kept in a Gmail mailbox: everything up to a history id is delivered, or, while a scan runs, will be.

history   what happens after this id is still to be told
scanning  a comparison of all ids is under way; it began at `history`
stale     that comparison was forced: the labels of what the store has are to be told too
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cursor:
    """`owner` is the mailbox's address, `months` the backfill that it was read with."""

    owner: str
    history: str
    scanning: bool = False
    stale: bool = False
    months: int = 0

    def to_text(self) -> str:
        return json.dumps({"v": 1, **dataclasses.asdict(self)}, separators=(",", ":"))


def read_cursor(text: str) -> Cursor | None:
    """The cursor that `text` holds, None for the beginning or one that can't be read."""
    try:
        state = json.loads(text) if text else None
    except ValueError:
        return None
    if not isinstance(state, dict) or state.pop("v", None) != 1:
        return None
    kinds = {"owner": str, "history": str, "scanning": bool, "stale": bool, "months": int}
    if set(state) != set(kinds) or not all(isinstance(state[key], kind) for key, kind in kinds.items()):
        return None
    return Cursor(**state)

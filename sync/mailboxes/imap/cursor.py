"""The place kept in an IMAP folder.

What has been delivered is every uid from `low` to `high`: a first pass works `low` down to 1, new mail moves `high` up.
The other fields are the folder as it was then, to see by STATUS alone that nothing happened.

    uid   1 ........ low ########## high ........ uidnext
          backlog        delivered       fresh
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cursor:
    """`low` is 1 once the first pass is over. `messages` is how many the folder held up to `high`.

    `modseq` is 0 without CONDSTORE, `since` the one before it; without, `flags_sum` is a sum over the newest flags,
    taken at `flags_at` (seconds). `months` is the backfill that it was begun with.
    """

    uidvalidity: int
    low: int
    high: int
    messages: int
    uidnext: int
    modseq: int = 0
    flags_sum: int = 0
    flags_at: int = 0
    months: int = 0
    since: int = 0

    @property
    def is_complete(self) -> bool:
        return self.low <= 1

    def to_text(self) -> str:
        return json.dumps({"v": 1, **dataclasses.asdict(self)}, separators=(",", ":"))


_REQUIRED = frozenset({"uidvalidity", "low", "high", "messages", "uidnext"})


def read_cursor(text: str) -> Cursor | None:
    """The cursor that `text` holds, None for the beginning or one that can't be read."""
    try:
        state = json.loads(text) if text else None
    except ValueError:
        return None
    if not isinstance(state, dict) or state.pop("v", None) != 1:
        return None
    names = {field.name for field in dataclasses.fields(Cursor)}
    if not _REQUIRED <= set(state) <= names or not all(isinstance(value, int) for value in state.values()):
        return None
    return Cursor(**state)

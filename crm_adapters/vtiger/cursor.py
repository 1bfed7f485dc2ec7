"""A place in the changes of one module: the last time and id seen, and what was told already near the end.

vtiger's times have whole seconds, and a slow transaction may show a row later than its time says. So each pass begins a
little before the place where the last one ended, and leaves out what it told then and what has not changed since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from crm_adapters.vtiger.values import shifted
from crm_model.errors import CursorExpired
from crm_model.records import RecordKind

_MOST_TOLD = 500
_MOST_GONE = 50


@dataclass(frozen=True, slots=True)
class Place:
    """`at` and `after`: the row read last. `ended`: nothing came after it at `ended_unix` (our clock).

    `told` maps ids to the state told of them, for rows near the end; `sync_from` and `gone` belong to the deletions.
    """

    kind: RecordKind
    at: str = ""
    after: str = ""
    ended_unix: int = 0
    told: Mapping[str, str] = field(default_factory=dict)
    sync_from: int = 0
    gone: tuple[str, ...] = ()

    def again(self, overlap: timedelta, *, settled: bool) -> Place:
        """Where the next pass begins: before the end, unless that is so long ago that all has settled."""
        if not self.ended_unix:
            return self
        if settled or not self.at:
            return replace(self, ended_unix=0)
        return replace(self, at=shifted(self.at, -overlap), after="", ended_unix=0)

    def told_also(self, states: Mapping[str, str], overlap: timedelta) -> Place:
        """With these rows told, and forgetting what lies too far back to come again."""
        oldest = shifted(self.at, -overlap) if self.at else ""
        kept = {id_: state for id_, state in {**self.told, **states}.items() if state[: len(oldest)] >= oldest}
        return replace(self, told=dict(list(kept.items())[-_MOST_TOLD:]))

    def without(self, gone: tuple[str, ...]) -> Place:
        return replace(self, gone=(*self.gone, *gone)[-_MOST_GONE:])

    def text(self) -> str:
        return json.dumps(
            {
                "kind": self.kind.value,
                "at": self.at,
                "after": self.after,
                "ended": self.ended_unix,
                "told": dict(self.told),
                "sync": self.sync_from,
                "gone": list(self.gone),
            },
            separators=(",", ":"),
        )


def place_of(kind: RecordKind, cursor: str) -> Place:
    """Errors: CursorExpired for what we did not write, or wrote for another kind."""
    if not cursor:
        return Place(kind)
    try:
        held = json.loads(cursor)
        place = Place(
            kind,
            str(held["at"]),
            str(held["after"]),
            int(held["ended"]),
            {str(id_): str(state) for id_, state in dict(held["told"]).items()},
            int(held["sync"]),
            tuple(str(id_) for id_ in held["gone"]),
        )
        shifted(place.at or "2000-01-01 00:00:00", timedelta(0))
        written_for = held["kind"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _expired(kind) from error
    if written_for != kind.value:
        raise _expired(kind)
    return place


def _expired(kind: RecordKind) -> CursorExpired:
    return CursorExpired(f"This is no place among the changes of vtiger's {kind}s.")

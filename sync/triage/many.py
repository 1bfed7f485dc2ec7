"""What is best done with several conversations at once: what fits most of them comes first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sync.views import ThreadRow

MOST_STEPS = 3


class ManyKind(StrEnum):
    ACCEPT = "accept"
    ARCHIVE = "archive"
    REJECT = "reject"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class ManyStep:
    """A step for all that are marked; `count` says how many of them it fits, the others stay as they are."""

    kind: ManyKind
    count: int


def steps_for_many(rows: Iterable[ThreadRow]) -> tuple[ManyStep, ...]:
    """At most three, the one that fits most first: to ask is to accept, to archive is for what asks nothing."""
    many = list(rows)
    asked = sum(row.suggested for row in many)
    open_ = sum(not row.archived for row in many)
    quiet = sum(not row.archived and not row.suggested for row in many)
    stray = sum(not row.archived and not row.linked for row in many)
    accept, reject = ManyStep(ManyKind.ACCEPT, asked), ManyStep(ManyKind.REJECT, asked)
    archive = ManyStep(ManyKind.ARCHIVE, open_)
    first = (accept, archive) if asked >= quiet else (archive, accept)
    ordered = (*first, reject, ManyStep(ManyKind.LINK, stray))
    return tuple(step for step in ordered if step.count)[:MOST_STEPS]

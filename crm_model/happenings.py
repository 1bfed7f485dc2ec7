"""What happens to records and mail that other programs may want to hear of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from crm_model.field_values import is_open
from crm_model.records import Fields, RecordKind


class Event(StrEnum):
    """The word that a hook asks for and is told by."""

    LEAD_CREATED = "lead.created"
    LEAD_ASSIGNED = "lead.assigned"
    LEAD_CONVERTED = "lead.converted"
    STAGE_CHANGED = "opportunity.stage_changed"
    WON = "opportunity.won"
    OPENED = "mail.opened"
    CLICKED = "mail.clicked"
    REPLIED = "mail.replied"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, once. `key` says what makes it one, so that noticing it twice tells it once.

    `record_id` and `message_id` are the store's ids, None where there is none. `data` is what is told: plain JSON.
    """

    key: str
    event: Event
    at: datetime
    record_id: int | None = None
    message_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """How a record stood when it was last looked at: what a change is told from. `state` as in the store."""

    stage: str = ""
    owner: str = ""
    state: str = "live"
    won: bool = False


def mark_of(kind: RecordKind, fields: Fields, state: str) -> Mark:
    """How a record stands."""
    stage = str(fields.get("stage") or fields.get("status") or "")
    return Mark(stage, str(fields.get("owner_id") or ""), state, kind is RecordKind.OPPORTUNITY and _is_won(fields))


def events_between(kind: RecordKind, before: Mark | None, now: Mark) -> tuple[Event, ...]:
    """What happened to a record between two looks at it; `before` None: it was not there."""
    if now.state == "deleted":
        return ()
    if kind is RecordKind.LEAD:
        return _lead_events(before, now)
    if kind is not RecordKind.OPPORTUNITY:
        return ()
    moved = before is not None and before.stage != now.stage
    won = now.won and not (before is not None and before.won)
    return (*((Event.STAGE_CHANGED,) if moved else ()), *((Event.WON,) if won else ()))


def _lead_events(before: Mark | None, now: Mark) -> tuple[Event, ...]:
    created = before is None
    assigned = bool(now.owner) and (before is None or before.owner != now.owner)
    converted = now.state == "converted" and (before is None or before.state != "converted")
    told = ((Event.LEAD_CREATED, created), (Event.LEAD_ASSIGNED, assigned), (Event.LEAD_CONVERTED, converted))
    return tuple(event for event, holds in told if holds)


def _is_won(fields: Fields) -> bool:
    """Whether a deal is closed and not lost: its probability says so, else the name of its stage."""
    probability = fields.get("probability")
    if isinstance(probability, int):
        return probability == 100
    stage = str(fields.get("stage") or "").lower()
    return "won" in stage and not is_open(RecordKind.OPPORTUNITY, fields)

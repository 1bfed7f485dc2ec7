"""The history of fields: who changed what, when, from what to what, whichever side it was done on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.field_values import pack_value, same_value
from crm_model.records import FieldValue
from crm_model.safe_text import safe_line
from sync.store.batches import insert_many
from sync.store.database import Unit
from sync.store.tables import field_history

_H = field_history.c


@dataclass(frozen=True, slots=True)
class By:
    """Who changed a record, and when; `in_crm`: the CRM told of it."""

    author: str
    at: datetime
    in_crm: bool = False


def keep(unit: Unit, changed: Iterable[tuple[int, Mapping[str, FieldValue], Mapping[str, FieldValue], By]]) -> None:
    """Keep what differs between a record's fields before and after, by its id."""
    rows: list[dict[str, Any]] = [
        {
            "record_id": record_id,
            "field": name,
            "before": pack_value(before.get(name)),
            "after": pack_value(after.get(name)),
            "author": safe_line(by.author),
            "in_crm": by.in_crm,
            "at": by.at,
        }
        for record_id, before, after, by in changed
        for name in {**before, **after}
        if not same_value(before.get(name), after.get(name))
    ]
    insert_many(unit, field_history, rows)


def of_field(unit: Unit, record_id: int, name: str, limit: int) -> Sequence[Any]:
    """The newest changes of a field, as rows of `field_history`."""
    query = sa.select(field_history).where(_H.record_id == record_id, _H.field == name)
    return unit.execute(query.order_by(_H.id.desc()).limit(limit)).all()

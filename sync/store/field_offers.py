"""Values that known people state of themselves in their mail, offered for fields that their record leaves empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sync.store.batches import insert_missing
from sync.store.database import Unit
from sync.store.tables import field_offers
from sync.views import FieldOffer

_F = field_offers.c


@dataclass(frozen=True, slots=True)
class NewOffer:
    """A value for a record's field; `message_id` is the stored message that states it, `source` where in it."""

    record_id: int
    field: str
    value: str
    source: str
    message_id: int


def add(unit: Unit, new: Sequence[NewOffer], now: datetime) -> None:
    """Offer each value once, whatever became of it before."""
    rows = [
        {
            "record_id": offer.record_id,
            "field": offer.field,
            "value": offer.value,
            "source": offer.source,
            "message_id": offer.message_id,
            "created_at": now,
        }
        for offer in new
    ]
    insert_missing(unit, field_offers, rows)


def of_record(unit: Unit, record_id: int) -> tuple[FieldOffer, ...]:
    """Open offers of a record, the newest of each field."""
    query = sa.select(field_offers).where(_F.record_id == record_id, _F.state == "open").order_by(_F.id)
    newest = {row.field: row for row in unit.execute(query)}
    return tuple(FieldOffer(row.id, row.record_id, row.field, row.value, row.source) for row in newest.values())


def get(unit: Unit, offer_id: int) -> FieldOffer | None:
    """An open offer."""
    row = unit.execute(sa.select(field_offers).where(_F.id == offer_id, _F.state == "open")).one_or_none()
    return None if row is None else FieldOffer(row.id, row.record_id, row.field, row.value, row.source)


def settle(unit: Unit, offer_id: int, state: str) -> None:
    """Set accepted, rejected or open again."""
    unit.execute(field_offers.update().where(_F.id == offer_id).values(state=state))

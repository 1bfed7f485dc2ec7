"""Taking over, or refusing, what a known person's mail states and the record lacks."""

from __future__ import annotations

from crm_model.errors import NotFound
from sync.edits.checking import check_fields
from sync.edits.edit import Edit, edit, named, shortened
from sync.edits.records import overlay
from sync.store import field_offers
from sync.store.database import Store
from sync.views import FieldOffer


def accept_offer(store: Store, offer_id: int, author: str) -> int:
    """Put the offered value into the record's field. Errors: NotFound if somebody decided on it already."""
    with edit(store, "accept_offer", author) as making:
        offer = _open(making, offer_id)
        record = making.record(offer.record_id)
        given = {offer.field: offer.value}
        values = check_fields(making.unit, record.crm, record.kind, given, complete=False)
        overlay(making, record, values, {offer.field: record.fields.get(offer.field)})
        _settle(making, offer, "accepted")
        making.label = f"{offer.field.replace('_', ' ')} “{shortened(offer.value)}” of {named(record)}"
    return making.action_id


def reject_offer(store: Store, offer_id: int, author: str) -> int:
    """Say no: this value is not offered again."""
    with edit(store, "reject_offer", author) as making:
        offer = _open(making, offer_id)
        _settle(making, offer, "rejected")
        making.label = f"said no to “{shortened(offer.value)}” for {named(making.record(offer.record_id))}"
    return making.action_id


def undo_offer(making: Edit, offer_id: int) -> None:
    field_offers.settle(making.unit, offer_id, "open")


def _open(making: Edit, offer_id: int) -> FieldOffer:
    offer = field_offers.get(making.unit, offer_id)
    if offer is None:
        raise NotFound("Somebody has decided on this already.")
    return offer


def _settle(making: Edit, offer: FieldOffer, state: str) -> None:
    field_offers.settle(making.unit, offer.id, state)
    making.remember("offer", offer.id)

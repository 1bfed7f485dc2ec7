"""What a lead's fields give the records it turns into, whoever makes them."""

from __future__ import annotations

from collections.abc import Collection

from crm_model.field_values import is_empty
from crm_model.records import Fields, FieldSpec, FieldType, FieldValue, RecordKind

CARRIED = {
    RecordKind.ACCOUNT: {"name": "company", "website": "website", "phone": "phone", "owner": "owner"},
    RecordKind.OPPORTUNITY: {"owner": "owner", "description": "description"},
}
"""Our field of the new record: the lead's field it comes from. A contact takes over what it has, too."""


def carried(lead: Fields, kind: RecordKind, names: Collection[str]) -> dict[str, FieldValue]:
    """The fields of a new record of `kind`, which has fields of these names."""
    moves = CARRIED.get(kind) or {name: name for name in lead}
    return {name: lead[source] for name, source in moves.items() if name in names and not is_empty(lead.get(source))}


def became_specs() -> tuple[FieldSpec, ...]:
    """The fields of a lead that say what it became."""
    targets = (RecordKind.CONTACT, RecordKind.ACCOUNT, RecordKind.OPPORTUNITY)
    return tuple(
        FieldSpec(f"converted_{kind}_id", f"Became {kind}", FieldType.REFERENCE, read_only=True, target=kind)
        for kind in targets
    )

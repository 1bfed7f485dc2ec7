"""What each CRM last said of its fields and owners: what edits are checked against and forms are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.records import FieldSpec, FieldType, Owner, RecordKind
from sync.store.database import Unit
from sync.store.tables import crm_fields, crms

_C = crm_fields.c


def store_description(
    unit: Unit, crm: str, kind: RecordKind, *, specs: Sequence[FieldSpec], owners: Sequence[Owner], now: datetime
) -> None:
    """Keep what the CRM says now of this kind's fields and of its users."""
    unit.execute(crm_fields.delete().where(_C.crm == crm, _C.kind == kind.value))
    unit.execute(
        crm_fields.insert().values(
            crm=crm,
            kind=kind.value,
            specs=[asdict(spec) for spec in specs],
            owners=[asdict(owner) for owner in owners],
            described_at=now,
        )
    )


def fields_of(unit: Unit, crm: str, kind: RecordKind) -> tuple[FieldSpec, ...]:
    """The fields of a kind in the order of a form; () while the CRM has not been asked."""
    rows = unit.execute(sa.select(_C.specs).where(_C.crm == crm, _C.kind == kind.value)).scalar()
    return tuple(_spec(row) for row in rows or ())


def is_known(unit: Unit, crm: str) -> bool:
    """Whether a CRM of this name is connected or has described itself."""
    named = sa.select(crms.c.id).where(crms.c.name == crm)
    described = sa.select(_C.crm).where(_C.crm == crm)
    return unit.execute(named).first() is not None or unit.execute(described).first() is not None


def owners_of(unit: Unit, crm: str) -> tuple[Owner, ...]:
    """Users of a CRM who can own records, by name."""
    found: dict[str, Owner] = {}
    for rows in unit.execute(sa.select(_C.owners).where(_C.crm == crm)).scalars():
        found.update((row["id"], Owner(row["id"], row["name"], row.get("email", ""))) for row in rows)
    return tuple(sorted(found.values(), key=lambda owner: owner.name.casefold()))


def _spec(row: dict[str, Any]) -> FieldSpec:
    return FieldSpec(
        name=row["name"],
        label=row["label"],
        type=FieldType(row["type"]),
        required=bool(row.get("required")),
        read_only=bool(row.get("read_only")),
        options=tuple((value, label) for value, label in row.get("options") or ()),
        target=RecordKind(row["target"]) if row.get("target") else None,
        max_length=row.get("max_length"),
        vendor_name=row.get("vendor_name") or "",
        extra=bool(row.get("extra")),
        pinned=bool(row.get("pinned")),
    )

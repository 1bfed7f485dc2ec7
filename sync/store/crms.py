"""What is known of each CRM: how the last pass went, how far it was read, when it was asked for its fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crm_model.field_values import clean_text
from crm_model.records import FieldSpec, Owner, RecordKind
from sync.store.database import Unit, next_seq
from sync.store.field_specs import fields_of, owners_of, store_description
from sync.store.records import forget_revisions
from sync.store.tables import crm_cursors, crm_fields, crms


@dataclass(frozen=True, slots=True)
class CrmPlace:
    """How far a kind was read. `rescan_seq` is set while everything is read anew."""

    cursor: str = ""
    rescan_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far it was asked which records are gone: when the last round ended, our id after which this one goes on."""

    ended_at: datetime | None = None
    after_id: int = 0


def ensure(unit: Unit, name: str, backend: str = "") -> None:
    """Make the CRM known."""
    held = unit.execute(sa.select(crms.c.id, crms.c.backend).where(crms.c.name == name)).one_or_none()
    if held is None:
        unit.execute(crms.insert().values(name=name, backend=backend))
    elif backend and held.backend != backend:
        unit.execute(crms.update().where(crms.c.id == held.id).values(backend=backend))


def succeeded(unit: Unit, name: str, now: datetime) -> None:
    """The CRM answered."""
    _set(unit, name, last_success_at=now, last_error="", login_needed=False)


def failed(unit: Unit, name: str, error: str, now: datetime, *, login_needed: bool = False) -> None:
    """It did not, and why; with `login_needed` it pauses until a person signs in."""
    _set(
        unit, name, last_error=clean_text(error), last_error_at=now, **({"login_needed": True} if login_needed else {})
    )


def confirm(unit: Unit, name: str, now: datetime) -> None:
    """From now on we may write there; who could already, still can."""
    if not is_confirmed(unit, name):
        _set(unit, name, confirmed_at=now)


def is_confirmed(unit: Unit, name: str) -> bool:
    """Whether a person has said that we may write there."""
    held = unit.execute(sa.select(crms.c.confirmed_at).where(crms.c.name == name)).scalar_one_or_none()
    return held is not None


def names_read(unit: Unit) -> set[str]:
    """The CRMs that were read through at least once."""
    return set(unit.execute(sa.select(crms.c.name).where(crms.c.last_success_at.is_not(None))).scalars())


def was_read(unit: Unit, name: str) -> bool:
    """Whether it ever answered; before that nobody knows what would be written there."""
    return unit.execute(sa.select(crms.c.last_success_at).where(crms.c.name == name)).scalar_one_or_none() is not None


def needs_login(unit: Unit, name: str) -> bool:
    return bool(unit.execute(sa.select(crms.c.login_needed).where(crms.c.name == name)).scalar_one_or_none())


def place(unit: Unit, crm: str, kind: RecordKind) -> CrmPlace:
    row = unit.execute(
        sa.select(crm_cursors.c.cursor, crm_cursors.c.rescan_seq).where(
            crm_cursors.c.crm == crm, crm_cursors.c.kind == kind.value
        )
    ).one_or_none()
    return CrmPlace(row.cursor, row.rescan_seq) if row is not None else CrmPlace()


def set_place(unit: Unit, crm: str, kind: RecordKind, found: CrmPlace) -> None:
    values = {"cursor": found.cursor, "rescan_seq": found.rescan_seq}
    held = unit.execute(
        crm_cursors.update().where(crm_cursors.c.crm == crm, crm_cursors.c.kind == kind.value).values(**values)
    )
    if not held.rowcount:
        unit.execute(crm_cursors.insert().values(crm=crm, kind=kind.value, **values))


def comparison(unit: Unit, crm: str, kind: RecordKind) -> Comparison:
    row = unit.execute(
        sa.select(crm_cursors.c.compared_at, crm_cursors.c.compared_id).where(
            crm_cursors.c.crm == crm, crm_cursors.c.kind == kind.value
        )
    ).one_or_none()
    return Comparison(row.compared_at, row.compared_id) if row is not None else Comparison()


def set_comparison(unit: Unit, crm: str, kind: RecordKind, found: Comparison) -> None:
    here = sa.and_(crm_cursors.c.crm == crm, crm_cursors.c.kind == kind.value)
    unit.execute(crm_cursors.update().where(here).values(compared_at=found.ended_at, compared_id=found.after_id))


def mapped(unit: Unit, crm: str) -> str:
    """The digest of the field map under which its records were read, "" without one."""
    return unit.execute(sa.select(crms.c.mapped).where(crms.c.name == crm)).scalar_one_or_none() or ""


def read_anew(unit: Unit, crm: str, digest: str) -> None:
    """Its fields are mapped otherwise now: describe and read everything again."""
    _set(unit, crm, mapped=digest)
    unit.execute(crm_fields.update().where(crm_fields.c.crm == crm).values(described_at=None))
    unit.execute(crm_cursors.update().where(crm_cursors.c.crm == crm).values(cursor=""))
    forget_revisions(unit, crm)


def described_at(unit: Unit, crm: str, kind: RecordKind) -> datetime | None:
    """When the backend last described this kind."""
    query = sa.select(crm_fields.c.described_at).where(crm_fields.c.crm == crm, crm_fields.c.kind == kind.value)
    return unit.execute(query).scalar_one_or_none()


def describe_if_changed(
    unit: Unit, crm: str, kind: RecordKind, *, specs: Sequence[FieldSpec], owners: Sequence[Owner], now: datetime
) -> bool:
    """Keep what the backend says of a kind; whether anything in it is new (then the screens are told)."""
    held = (fields_of(unit, crm, kind), set(owners_of(unit, crm)))
    store_description(unit, crm, kind, specs=specs, owners=owners, now=now)
    changed = held != (tuple(specs), set(owners))
    if changed:
        next_seq(unit)
    return changed


def _set(unit: Unit, name: str, **values: object) -> None:
    ensure(unit, name)
    unit.execute(crms.update().where(crms.c.name == name).values(**values))

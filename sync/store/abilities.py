"""What each CRM can do, as its adapter last said: the screens offer nothing else."""

from __future__ import annotations

import sqlalchemy as sa

from crm_model.records import ActivityKind, RecordKind
from sync.store.crms import ensure
from sync.store.database import Unit, next_seq
from sync.store.tables import crms
from sync.views import Abilities


def of_crm(unit: Unit, crm: str) -> Abilities:
    """Everything, while the CRM has not been asked: it will refuse what it can't."""
    return kept(unit, crm) or Abilities()


def kept(unit: Unit, crm: str) -> Abilities | None:
    """What is remembered of it, None while it has not been asked."""
    held = unit.execute(sa.select(crms.c.abilities).where(crms.c.name == crm)).scalar_one_or_none()
    if not isinstance(held, dict):
        return None
    return Abilities(
        kinds=frozenset(kind for kind in RecordKind if kind.value in held["kinds"]),
        activities=frozenset(kind for kind in ActivityKind if kind.value in held["activities"]),
        convert_lead=bool(held["convert_lead"]),
        delete=bool(held["delete"]),
    )


def keep(unit: Unit, crm: str, able: Abilities) -> None:
    """Remember what the CRM can do; the screens are told."""
    ensure(unit, crm)
    packed = {
        "kinds": sorted(kind.value for kind in able.kinds),
        "activities": sorted(kind.value for kind in able.activities),
        "convert_lead": able.convert_lead,
        "delete": able.delete,
    }
    unit.execute(crms.update().where(crms.c.name == crm).values(abilities=packed))
    next_seq(unit)

"""The fields of a CRM as it describes them: what the last pass was told, else what the CRM says when asked."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hitchpost import connections
from hitchpost.session import opened_store

if TYPE_CHECKING:
    from crm_model.options import Connection
    from crm_model.records import FieldSpec, RecordKind
    from sync.settings import Settings


def described(settings: Settings, crm: Connection) -> Mapping[RecordKind, Sequence[FieldSpec]]:
    """The fields by kind, as mapped now. Errors: HitchpostError where the CRM has to be asked and can't be."""
    from crm_model.records import RecordKind
    from sync.crm_access import open_crm
    from sync.store import crms, field_specs

    field_map = settings.field_map(crm.name)
    with opened_store(settings) as store, store.read() as unit:
        held = {kind: field_specs.fields_of(unit, crm.name, kind) for kind in RecordKind}
        is_fresh = crms.mapped(unit, crm.name) == field_map.digest
    if is_fresh and any(held.values()):
        return held
    with contextlib.closing(open_crm(crm, field_map)) as adapter:
        return {kind: adapter.describe(kind) for kind in RecordKind if kind in adapter.capabilities.kinds}


def described_in(file: Path, name: str) -> Mapping[RecordKind, Sequence[FieldSpec]]:
    """The same for a CRM by its name in the configuration that is written. Errors: HitchpostError."""
    from sync.settings import load

    settings = load(file)
    return described(settings, connections.find(settings.crms, name, "crm", file))

"""Opening a configured CRM: its adapter, behind its field map where it has one."""

from __future__ import annotations

from crm_adapters import registry
from crm_adapters.contract import Adapter
from crm_model.options import Connection
from sync.field_map import PLAIN_MAP, FieldMap
from sync.mapped import MappedAdapter


def open_crm(connection: Connection, field_map: FieldMap = PLAIN_MAP) -> Adapter:
    """Errors: those of the backend's `open`."""
    adapter = registry.load(connection.kind).open(connection)
    return MappedAdapter(adapter, field_map) if field_map.rules else adapter

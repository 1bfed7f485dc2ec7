"""The fields of the notebook, in Hitchpost's words. A CRM with words of its own would map them here, in one table."""

from __future__ import annotations

from crm_model.records import FieldSpec, FieldType, RecordKind

_PERSON = (
    FieldSpec("first_name", "First name", FieldType.TEXT, max_length=100),
    FieldSpec("last_name", "Last name", FieldType.TEXT, required=True, max_length=100),
    FieldSpec("email", "E-mail", FieldType.EMAIL, max_length=254),
    FieldSpec("phone", "Phone", FieldType.PHONE, max_length=50),
    FieldSpec("description", "Description", FieldType.LONG_TEXT, max_length=10_000),
)
_STATUSES = (("new", "New"), ("open", "Open"), ("closed", "Closed"))

SPECS: dict[RecordKind, tuple[FieldSpec, ...]] = {
    RecordKind.LEAD: (
        *_PERSON,
        FieldSpec("company", "Company", FieldType.TEXT, max_length=100),
        FieldSpec("status", "Status", FieldType.PICKLIST, options=_STATUSES),
    ),
    RecordKind.CONTACT: _PERSON,
}

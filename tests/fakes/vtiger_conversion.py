"""vtiger's `convertlead`, with its failures: null for nothing asked, an account left behind by a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.fakes.vtiger_values import User

if TYPE_CHECKING:
    from tests.fakes.vtiger_operations import Operations

_COPIED = {
    "Accounts": {"phone": "phone", "website": "website", "industry": "industry", "email": "email1"},
    "Contacts": {"firstname": "firstname", "lastname": "lastname", "email": "email", "phone": "phone",
                 "mobile": "mobile", "designation": "title", "description": "description",
                 "leadsource": "leadsource", "secondaryemail": "secondaryemail"},
    "Potentials": {"leadsource": "leadsource", "description": "description"},
}  # fmt: skip
_ORDER = ("Accounts", "Contacts", "Potentials")


def convert_lead(operations: Operations, asked: Mapping[str, object], user: User) -> object:
    """Everything is created as the first administrator, so amounts are rounded as he likes it."""
    from tests.fakes.vtiger_operations import WebserviceError

    number, lead = operations._found(str(asked.get("leadId", "")))
    if lead.hidden:
        raise WebserviceError("LEAD_ALREADY_CONVERTED", "Lead is already converted")
    entities = asked.get("entities")
    assert isinstance(entities, dict)
    if not any(entities.get(name, {}).get("create") for name in ("Accounts", "Contacts")):
        return None
    administrator = next(each for each in operations.users if each.is_admin)
    ids: dict[str, str] = {}
    for name in _ORDER:
        wanted = entities.get(name)
        if not isinstance(wanted, dict) or not wanted.get("create"):
            continue
        element = {own: lead.values.get(theirs, "") for theirs, own in _COPIED[name].items()}
        element["assigned_user_id"] = str(asked.get("assignedTo") or user.id)
        element |= {field: value for field, value in wanted.items() if value and field not in ("create", "name")}
        element["isconvertedfromlead"] = "1"
        if name == "Contacts" and "Accounts" in ids:
            element["account_id"] = ids["Accounts"]
        if name == "Potentials":
            element |= {"related_to": ids.get("Accounts", ""), "contact_id": ids.get("Contacts", "")}
        ids[name] = _account_of(operations, element) if name == "Accounts" else ""
        if not ids[name]:
            try:
                made = operations.create(name, element, administrator)
            except WebserviceError as error:
                raise WebserviceError("UNKNOWN_OPERATION", f"{error.message} : {name}") from error
            ids[name] = operations.row(made, operations.entities[made])["id"]
    _move(operations, f"10x{number}", ids)
    lead.hidden = True
    operations.touch(number, user)
    return ids


def _account_of(operations: Operations, element: Mapping[str, str]) -> str:
    name = element.get("accountname")
    for number, entity in operations.entities.items():
        if entity.module == "Accounts" and not entity.deleted and entity.values["accountname"] == name:
            return f"11x{number}"
    return ""


def _move(operations: Operations, lead_id: str, ids: Mapping[str, str]) -> None:
    """Comments and events go along; e-mails are listed nowhere any more."""
    for entity in operations.entities.values():
        if entity.module == "ModComments" and entity.values.get("related_to") == lead_id:
            entity.values["related_to"] = ids.get("Contacts") or ids["Accounts"]
        elif entity.module in ("Calendar", "Events") and entity.values.get("parent_id") == lead_id:
            entity.values |= {"parent_id": ids.get("Accounts", ""), "contact_id": ids.get("Contacts", "")}

"""Users and groups of vtiger, who own records; only administrators may list the users."""

from __future__ import annotations

from crm_adapters.vtiger import vtql
from crm_adapters.vtiger.faults import Refused, ServerFailed
from crm_adapters.vtiger.records import Records
from crm_model.records import Owner

_USER_COLUMNS = "id, first_name, last_name, user_name, email1, status"  # a `*` would bring access keys and passwords


def owners(records: Records) -> tuple[Owner, ...]:
    """Everybody who can own records, as far as this user may know: himself at least."""
    session = records.service.session
    found = {owner.id: owner for owner in (*_groups(records), *_users(records))}
    found.setdefault(session.user_id, Owner(session.user_id, session.user, session.email))
    session.findings.people.update({owner.id: owner.name for owner in found.values()})
    return tuple(sorted(found.values(), key=lambda owner: (owner.name.casefold(), owner.id)))


def known_owners(records: Records) -> frozenset[str] | None:
    """Ids of all who can own records, None if this user may not know them."""
    listed = owners(records)
    return frozenset(owner.id for owner in listed) if records.service.session.findings.lists_users else None


def _users(records: Records) -> list[Owner]:
    try:
        rows = records.all_rows("Users", columns=_USER_COLUMNS)
    except Refused:
        records.service.session.findings.lists_users = False
        return []
    return [
        Owner(
            str(row.get("id", "")),
            " ".join(str(row.get(part) or "") for part in ("first_name", "last_name")).strip()
            or str(row.get("user_name", "")),
            str(row.get("email1") or ""),
        )
        for row in rows
        if str(row.get("status", "Active")) == "Active"
    ]


def _groups(records: Records) -> list[Owner]:
    try:
        rows = records.query(vtql.select("Groups", columns="id, groupname"))
    except (Refused, ServerFailed):  # not every version can query what is no module
        return []
    return [Owner(str(row.get("id", "")), str(row.get("groupname") or row.get("id", ""))) for row in rows]

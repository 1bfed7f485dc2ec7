"""Users and groups of vtiger, who own records; only administrators may list the users."""

from __future__ import annotations

from crm_adapters.vtiger import vtql
from crm_adapters.vtiger.faults import Refused, ServerFailed
from crm_adapters.vtiger.records import Records
from crm_model.errors import Unreachable
from crm_model.records import Owner

_DECIMALS = "no_of_currency_decimals"
_USER_COLUMNS = "id, first_name, last_name, user_name, email1, status"  # a `*` would bring access keys and passwords


def owners(records: Records) -> tuple[Owner, ...]:
    """Everybody who can own records, as far as this user may know: himself at least."""
    session = records.service.session
    found = {owner.id: owner for owner in (*_groups(records), *_users(records))}
    found.setdefault(session.user_id, Owner(session.user_id, session.user, session.email))
    session.findings.people.update({owner.id: owner.name for owner in found.values()})
    return tuple(sorted(found.values(), key=lambda owner: (owner.name.casefold(), owner.id)))


def known_owners(records: Records, wanted: str) -> frozenset[str] | None:
    """Ids of all who can own records, None if this user may not know them; asked anew only for one not seen yet."""
    findings = records.service.session.findings
    if wanted not in findings.people:
        owners(records)
    return frozenset(findings.people) if findings.lists_users else None


def learn_names(records: Records) -> None:
    """Once per login, so that records can say who changed them."""
    if not records.service.session.findings.people:
        owners(records)


def decimals_of_amounts(records: Records) -> int | None:
    """To how many decimals vtiger rounds what this user sends; None if he may not look it up."""
    session = records.service.session
    if session.findings.decimals is None and session.findings.lists_users:
        try:
            condition = vtql.equals("id", session.user_id)
            rows = records.query(vtql.select("Users", condition, columns=f"id, {_DECIMALS}"))
        except (Refused, ServerFailed):
            session.findings.lists_users = False
            return None
        text = str(rows[0].get(_DECIMALS, "")) if rows else ""
        # The installer's first user has no preference, and PHP makes a 0 of nothing.
        session.findings.decimals = int(text) if text.isdecimal() else 0
    return session.findings.decimals


def _users(records: Records) -> list[Owner]:
    try:
        rows = records.all_rows("Users", columns=_USER_COLUMNS)
    except (Refused, ServerFailed):
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
    except (Refused, Unreachable):  # not every version can query what is no module; some crash
        return []
    return [Owner(str(row.get("id", "")), str(row.get("groupname") or row.get("id", ""))) for row in rows]

"""Owners: the users of HubSpot who can own records."""

from __future__ import annotations

from crm_adapters.hubspot.api import Api
from crm_model.errors import LoginNeeded
from crm_model.records import Owner


def owners(api: Api) -> tuple[Owner, ...]:
    """Everybody who can own a record. Errors: LoginNeeded without the scope for it."""
    found = []
    for row in api.pages("crm/v3/owners", {"limit": "100", "archived": "false"}):
        email = str(row.get("email") or "")
        name = " ".join(str(row.get(part) or "") for part in ("firstName", "lastName")).strip() or email
        found.append(Owner(str(row.get("id", "")), name or str(row.get("id", "")), email))
        api.findings.people[str(row.get("id", ""))] = name or email
        api.findings.people[f"user {row.get('userId')}"] = name or email
    return tuple(sorted(found, key=lambda owner: (owner.name.casefold(), owner.id)))


def learn_names(api: Api) -> None:
    """Once per token, so that records can say who changed them; a token without the scope does without names."""
    if not api.findings.people:
        api.findings.people[""] = ""
        try:
            owners(api)
        except LoginNeeded:
            return


def learn_account(api: Api) -> tuple[str, str]:
    """Number of the account and the host of its pages, "" where the token may not know."""
    if not api.findings.portal:
        try:
            found = api.get("account-info/v3/details")
        except LoginNeeded:
            return "", api.findings.page_host
        api.findings.portal = str(found.get("portalId") or "")
        api.findings.page_host = str(found.get("uiDomain") or api.findings.page_host)
    return api.findings.portal, api.findings.page_host

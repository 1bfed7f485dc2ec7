"""An account by its work domain, or the domain above a sub-domain; never by free mail."""

from __future__ import annotations

from agent.judging import domains
from agent.linking.case import Case
from crm_model.links import Candidate, Reason
from crm_model.records import KnownRecord
from sync.free_mail import is_free

ODDS = 0.94
_PARENT = 0.92
_SHARED = 0.9


def check(case: Case) -> Candidate | None:
    """The one account that owns the domain; of duplicates the one with open deals; of strangers none."""
    domain = case.domain
    if not domain or is_free(domain) or case.organisation.is_own(f"x@{domain}"):
        return None
    for name in domains.with_parents(domain):
        accounts = [item for item in case.view.accounts_by_domain(name) if item.id not in case.view.refused_links()]
        if accounts:
            return _decide(case, name, accounts, ODDS if name == domain else _PARENT)
    return None


def _decide(case: Case, name: str, accounts: list[KnownRecord], odds: float) -> Candidate | None:
    if len(accounts) > 1:
        busy = [item for item in accounts if case.view.open_opportunities(item.id)]
        if len(busy) != 1:
            return None
        accounts, odds = busy, _SHARED
    return Candidate(accounts[0].id, odds, Reason("domain", f"the account of the domain {name}"))

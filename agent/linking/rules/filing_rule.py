"""A person said where such mail goes, or that it never makes a lead."""

from __future__ import annotations

from agent.linking.case import Case
from crm_model.links import Candidate, FilingRule, Reason
from sync import filing

ODDS = 0.98


def check(case: Case) -> Candidate | None:
    """The record that the rule of a person names; None without one, or if that record is gone."""
    rule = meant(case, against_leads=False)
    record = case.view.record(rule.record_id) if rule and rule.record_id is not None else None
    if rule is None or record is None:
        return None
    return Candidate(record.id, ODDS, Reason("filing_rule", f"your rule: {filing.in_words(rule, 'this record')}"))


def against_lead(case: Case) -> Reason | None:
    """Why this mail makes no lead, if a person said so."""
    rule = meant(case, against_leads=True)
    return Reason("filing_rule", f"your rule: {filing.in_words(rule, '')}") if rule else None


def meant(case: Case, *, against_leads: bool) -> FilingRule | None:
    """The rule that means this mail, of those for records or of those against leads."""
    rules = [rule for rule in case.view.filing_rules() if (rule.record_id is None) is against_leads]
    return filing.winner(rules, case.counterparts, case.filing_words) if rules else None

"""Filing rules: what a correction teaches, once a person has said yes to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from crm_model.errors import NotFound, Rejected
from crm_model.links import FilingRule
from sync import filing
from sync.edits.edit import Edit, edit, named
from sync.edits.linking import link
from sync.store import filing_rules
from sync.store.database import Store
from sync.store.filing_effects import effect

FILED_BY_RULE = "filing_rule"
"""The rule of a link that a filing rule made."""


def add_filing_rule(store: Store, rule: FilingRule, author: str, *, past_days: int = 0) -> int:
    """Keep a rule for mail to come; with `past_days`, file the mail of those days too. The action's id."""
    with edit(store, "add_filing_rule", author) as making:
        record = making.record(rule.record_id) if rule.record_id is not None else None
        kept = filing_rules.add(making.unit, rule, author, making.now)
        making.remember("filing_added", kept)
        if record is not None and past_days:
            past = effect(making.unit, rule, past_days, making.now - timedelta(days=past_days))
            for thread_id in past.new_threads:
                link(making, thread_id, record, FILED_BY_RULE, "filed by the rule")
        making.label = f"made the rule: {filing.in_words(rule, named(record) if record else '')}"
    return making.action_id


def change_filing_rule(store: Store, rule: FilingRule, author: str) -> int:
    """Replace what the rule with this id says, for mail to come. Errors: NotFound."""
    with edit(store, "change_filing_rule", author) as making:
        before = _held(making, rule.id)
        record = making.record(rule.record_id) if rule.record_id is not None else None
        filing_rules.change(making.unit, rule)
        making.remember("filing_changed", filing_rules.as_row(before))
        making.label = f"changed the rule: {filing.in_words(rule, named(record) if record else '')}"
    return making.action_id


def remove_filing_rule(store: Store, rule_id: int, author: str) -> int:
    """Forget a rule; what it filed stays. Errors: NotFound."""
    with edit(store, "remove_filing_rule", author) as making:
        before = _held(making, rule_id)
        filing_rules.remove(making.unit, rule_id)
        making.remember("filing_removed", filing_rules.as_row(before))
        making.label = f"removed the rule for {before.sender}"
    return making.action_id


def undo_filing_added(making: Edit, rule_id: int) -> None:
    filing_rules.remove(making.unit, rule_id)


def undo_filing_changed(making: Edit, before: dict[str, Any]) -> None:
    filing_rules.change(making.unit, filing_rules.from_row(before))


def undo_filing_removed(making: Edit, before: dict[str, Any]) -> None:
    if filing_rules.get(making.unit, before["id"]) is not None:
        raise Rejected("There is another rule under this number now.")
    filing_rules.put_back(making.unit, before, making.author, making.now)


def _held(making: Edit, rule_id: int) -> FilingRule:
    rule = filing_rules.get(making.unit, rule_id)
    if rule is None:
        raise NotFound(f"There is no rule {rule_id}; `hitchpost rules list` shows them.")
    return rule

"""The part of the gateway that knows filing rules: what corrections taught."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_model.links import FilingRule
from sync.views import FilingRuleRow, RuleEffect
from tui.later import Later
from tui.times import Clock

if TYPE_CHECKING:
    from sync import edits, filing, queries
    from sync.store.database import Store
else:
    edits, filing, queries = Later("sync.edits"), Later("sync.filing"), Later("sync.queries")


@dataclass(frozen=True, slots=True)
class TaughtRule:
    """A rule that a correction teaches, its record's title ("" for one against leads), and its effect."""

    rule: FilingRule
    title: str
    effect: RuleEffect


class FilingGateway:
    """Rules, in one person's name. `tui.gateway.Gateway` is made of it."""

    _store: Store
    author: str
    clock: Clock

    def rule_taught_by(self, thread_id: int, record_id: int | None) -> TaughtRule | None:
        """The rule that the last correction teaches, in words and with its effect; None if it teaches none."""
        rule = queries.rule_taught_by(self._store, thread_id, record_id)
        if rule is None:
            return None
        title = queries.record(self._store, record_id).title if record_id is not None else ""
        return TaughtRule(rule, title, queries.rule_effect(self._store, rule, now=self.clock.now()))

    def rule_of(self, sender: str, about: str, record_id: int | None) -> FilingRule:
        """A rule out of what was typed. Errors: Rejected."""
        return filing.rule_of(sender, about, record_id)

    def rule_effect(self, rule: FilingRule) -> RuleEffect:
        return queries.rule_effect(self._store, rule, now=self.clock.now())

    def add_rule(self, rule: FilingRule, *, past: bool) -> None:
        edits.add_filing_rule(self._store, rule, self.author, past_days=queries.RULE_DAYS if past else 0)

    def change_rule(self, rule: FilingRule) -> None:
        """Let the rule of this id say something else. Errors: NotFound."""
        edits.change_filing_rule(self._store, rule, self.author)

    def remove_rule(self, rule_id: int) -> None:
        """Errors: NotFound."""
        edits.remove_filing_rule(self._store, rule_id, self.author)

    def rules(self) -> tuple[FilingRuleRow, ...]:
        """What people taught, oldest first."""
        return queries.filing_rules(self._store)

    def rule_in_force(self, row: FilingRuleRow) -> TaughtRule:
        """A rule of the list with its effect."""
        return TaughtRule(row.rule, row.title, self.rule_effect(row.rule))

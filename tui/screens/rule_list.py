"""What corrections taught: every rule with what it says."""

from __future__ import annotations

from collections.abc import Sequence

from tui.gateway import FilingRuleRow
from tui.screens.picker import Choice, Picker
from tui.words import mark, say


class RuleList(Picker[FilingRuleRow]):
    """Ends with the rule to change or forget, or None."""

    TITLE_WORDS = mark("Rules")
    PLACEHOLDER = mark("Type to narrow")
    NOTHING = mark("No rules yet: correct something, then {key[rule]} makes a rule of it.")

    def find(self, text: str) -> Sequence[Choice[FilingRuleRow]]:
        words = text.casefold().split()
        found = [_choice(row) for row in self.gateway.rules()]
        return [each for each in found if all(word in f"{each.title} {each.detail}".casefold() for word in words)]


def _choice(row: FilingRuleRow) -> Choice[FilingRuleRow]:
    rule = row.rule
    about = (
        say("{sender} about “{words}”", sender=rule.sender, words=" ".join(rule.words)) if rule.words else rule.sender
    )
    goal = say("never makes a lead") if rule.record_id is None else say("goes to {title}", title=row.title)
    return Choice(row, about, goal, say("! broken") if row.broken else "")

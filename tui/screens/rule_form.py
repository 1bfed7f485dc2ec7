"""A correction as a rule: what it says, what it would have done, one key to keep it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label

from crm_model.links import FilingRule
from crm_model.safe_text import safe_line
from tui.gateway import Gateway, RuleEffect, TaughtRule
from tui.keymap import KEYS
from tui.retelling import retold
from tui.screens.working import Dialog, once_typed
from tui.words import say, say_many


class RuleForm(Dialog[str | None]):
    """Sender and words can be changed; the effect follows as they are typed. Ends with what was done, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "keep(False)", "Keep", show=False),
        Binding("ctrl+f", "keep(True)", "Keep and file", show=False, priority=True),
        Binding("ctrl+d", "forget", "Forget", show=False, priority=True),
    ]

    @dataclass
    class EffectKnown(Message):
        effect: RuleEffect

    def __init__(self, gateway: Gateway, taught: TaughtRule) -> None:
        super().__init__(gateway)
        self._taught = taught

    def compose(self) -> ComposeResult:
        rule, title = self._taught.rule, safe_line(self._taught.title)
        target = say("goes to {title}", title=title) if rule.record_id is not None else say("never makes a lead")
        with Vertical(classes="dialog rule"):
            yield Label(say("A rule") if rule.id else say("Make it a rule?"), classes="dialog-title")
            yield Label(say("Mail from (an address, or @ and a domain)"))
            yield Input(rule.sender, compact=True, id="sender")
            yield Label(say("about (words it must all hold; empty: any mail)"))
            yield Input(" ".join(rule.words), compact=True, id="about")
            yield Label(Content(target))
            yield Label("", id="effect", markup=False)
            yield Label("", classes="dialog-error", markup=False)
            yield Label(_keys(rule), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self._show_effect(self.EffectKnown(self._taught.effect))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._measure(*self._said())

    @work(thread=True, exclusive=True, group="effect", exit_on_error=False)
    def _measure(self, sender: str, about: str) -> None:
        self.answer(lambda: self.EffectKnown(self.gateway.rule_effect(self._rule(sender, about))), stale_too=False)

    @on(EffectKnown)
    def _show_effect(self, event: EffectKnown) -> None:
        self.query_one(".dialog-error", Label).update("")
        self.query_one("#effect", Label).update("\n".join(effect_words(event.effect, self._taught.rule)))

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.action_keep(False)

    @once_typed
    def action_keep(self, past: bool) -> None:
        sender, about = self._said()
        if self._taught.rule.id:
            changed = replace(self._rule(sender, about), id=self._taught.rule.id)
            self.edit(lambda: self.gateway.change_rule(changed), say("Rule changed ({key[undo]} undoes)", key=KEYS))
        else:
            self.edit(
                lambda: self.gateway.add_rule(self._rule(sender, about), past=past),
                say("Rule kept ({key[undo]} undoes)", key=KEYS),
            )

    def action_forget(self) -> None:
        """Forget a rule that is kept; what it filed stays."""
        if rule_id := self._taught.rule.id:
            self.edit(lambda: self.gateway.remove_rule(rule_id), say("Rule forgotten ({key[undo]} undoes)", key=KEYS))

    def _said(self) -> tuple[str, str]:
        return self.query_one("#sender", Input).value, self.query_one("#about", Input).value

    def _rule(self, sender: str, about: str) -> FilingRule:
        return self.gateway.rule_of(sender, about, self._taught.rule.record_id)

    @on(Dialog.Done)
    def _done(self, event: Dialog.Done) -> None:
        self.dismiss(event.words)

    @on(Dialog.Failed)
    def _failed(self, event: Dialog.Failed) -> None:
        self.query_one(".dialog-error", Label).update(f"! {safe_line(retold(str(event.error)))}")


def _keys(rule: FilingRule) -> str:
    if rule.id:
        return say("Enter changes it for mail to come · ^d forgets it · Esc leaves")
    past = say("Enter keeps it for mail to come · ^f keeps it and files those too · Esc leaves")
    return say("Enter keeps it for mail to come · Esc leaves") if rule.record_id is None else past


def effect_words(effect: RuleEffect, rule: FilingRule) -> list[str]:
    """What the rule would have done, and to which mail."""
    first = say_many(
        "The last {days} days: {count} mail", "The last {days} days: {count} mails", effect.mails, days=effect.days
    )
    if rule.record_id is not None:
        new, there = len(effect.new_threads), effect.linked_threads
        first += ", " + say("{new} conversations new on it, {there} there already", new=new, there=there)
    return [first, *(f"· {safe_line(subject)}" for subject in effect.subjects[:3])]

"""Choosing who owns a record."""

from __future__ import annotations

from collections.abc import Sequence

from tui.gateway import Gateway
from tui.screens.picker import Choice, Picker
from tui.words import mark


class OwnerPicker(Picker[str]):
    """Ends with the owner's id in the CRM, or None."""

    TITLE_WORDS = mark("Owner")
    PLACEHOLDER = mark("Type to narrow")

    def __init__(self, gateway: Gateway, *, crm: str) -> None:
        super().__init__(gateway)
        self._crm = crm

    def find(self, text: str) -> Sequence[Choice[str]]:
        words = text.casefold().split()
        return [
            Choice(owner.id, owner.name, owner.email)
            for owner in self.gateway.owners_of(self._crm)
            if all(word in f"{owner.name} {owner.email}".casefold() for word in words)
        ]

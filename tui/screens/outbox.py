"""The outbox: drafts, what waits, what failed and why."""

from __future__ import annotations

from collections.abc import Sequence

from crm_model.mail import DeliveryState
from tui.gateway import DeliveryView
from tui.layout.delivery import delivery_words
from tui.screens.picker import Choice, Picker


class OutboxList(Picker[DeliveryView]):
    """Ends with a mail to do something about, or None."""

    TITLE_WORDS = "Outbox"
    PLACEHOLDER = "Type to narrow"
    NOTHING = "Everything is sent."

    def find(self, text: str) -> Sequence[Choice[DeliveryView]]:
        words = text.casefold().split()
        found = []
        for mail in self.gateway.outbox():
            name = f"{mail.subject or '(no subject)'} · {mail.to or 'to nobody yet'}"
            if all(word in f"{mail.state.value} {name}".casefold() for word in words):
                detail = "" if mail.state is DeliveryState.DRAFT else delivery_words(mail, self.gateway.clock)
                found.append(Choice(mail, name, detail, mail.state.value))
        return found

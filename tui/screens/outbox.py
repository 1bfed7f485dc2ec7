"""The outbox: drafts, what waits, what failed and why."""

from __future__ import annotations

from collections.abc import Sequence

from crm_model.mail import DeliveryState
from tui.gateway import DeliveryView
from tui.layout.delivery import delivery_words, state_words
from tui.screens.picker import Choice, Picker
from tui.words import mark, say


class OutboxList(Picker[DeliveryView]):
    """Ends with a mail to do something about, or None."""

    TITLE_WORDS = mark("Outbox")
    PLACEHOLDER = mark("Type to narrow")
    NOTHING = mark("Everything is sent.")

    def find(self, text: str) -> Sequence[Choice[DeliveryView]]:
        words = text.casefold().split()
        found = []
        for mail in self.gateway.outbox():
            name = f"{mail.subject or say('(no subject)')} · {mail.to or say('to nobody yet')}"
            if all(word in f"{state_words(mail.state)} {name}".casefold() for word in words):
                detail = "" if mail.state is DeliveryState.DRAFT else delivery_words(mail, self.gateway.clock)
                found.append(Choice(mail, name, detail, state_words(mail.state)))
        return found

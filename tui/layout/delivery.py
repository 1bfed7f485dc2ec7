"""How far a mail of ours is, in one line."""

from __future__ import annotations

from crm_model.mail import DeliveryState
from crm_model.safe_text import safe_line
from tui.gateway import DeliveryView
from tui.keymap import KEYS
from tui.retelling import retold
from tui.times import Clock
from tui.words import mark, say

_STYLES = {
    DeliveryState.FAILED: "bad",
    DeliveryState.UNSURE: "warn",
    DeliveryState.WAITING: "accent",
    DeliveryState.SENDING: "accent",
}


_STATES = {
    DeliveryState.DRAFT: mark("draft"),
    DeliveryState.WAITING: mark("waiting"),
    DeliveryState.SENDING: mark("sending"),
    DeliveryState.SENT: mark("sent"),
    DeliveryState.UNSURE: mark("unsure"),
    DeliveryState.FAILED: mark("failed"),
}


def state_words(state: DeliveryState) -> str:
    """ "waiting", "sent"."""
    return say(_STATES[state])


def delivery_words(mail: DeliveryView, clock: Clock) -> str:
    """ "waiting, leaves Fri 20 Nov 09:00 (u takes it back)", "failed: the reason and the mend", "sent 14:02"."""
    if mail.state is DeliveryState.WAITING and mail.attempts == 0:
        words = say("waiting, leaves {when} ({key[undo]} takes it back)", key=KEYS, when=clock.full(mail.due_at))
    elif mail.state is DeliveryState.SENT:
        words = say("sent {when}", when=clock.full(mail.sent_at))
    else:
        words = state_words(mail.state)
    return f"{words}: {safe_line(retold(mail.error))}" if mail.error else words


def delivery_style(mail: DeliveryView) -> str:
    """Trouble stands out, in words too."""
    return "warn" if mail.error and mail.state is DeliveryState.SENT else _STYLES.get(mail.state, "label")

"""How far a mail of ours is, in one line."""

from __future__ import annotations

from crm_model.mail import DeliveryState
from crm_model.safe_text import safe_line
from tui.gateway import DeliveryView
from tui.times import Clock

_STYLES = {
    DeliveryState.FAILED: "bad",
    DeliveryState.UNSURE: "warn",
    DeliveryState.WAITING: "accent",
    DeliveryState.SENDING: "accent",
}


def delivery_words(mail: DeliveryView, clock: Clock) -> str:
    """ "waiting, leaves Fri 20 Nov 09:00 (u takes it back)", "failed: the reason and the mend", "sent 14:02"."""
    if mail.state is DeliveryState.WAITING and mail.attempts == 0:
        words = f"waiting, leaves {clock.full(mail.due_at)} (u takes it back)"
    elif mail.state is DeliveryState.SENT:
        words = f"sent {clock.full(mail.sent_at)}"
    else:
        words = mail.state.value
    return f"{words}: {safe_line(mail.error)}" if mail.error else words


def delivery_style(mail: DeliveryView) -> str:
    """Trouble stands out, in words too."""
    return "warn" if mail.error and mail.state is DeliveryState.SENT else _STYLES.get(mail.state, "label")

"""How much a message looks like an enquiry: one score that every content rule weighs itself against."""

from __future__ import annotations

from agent.judging.evidence import Evidence

# Theme -> (points for each different phrase, most that count): a request weighs most, a polite question least.
_WEIGHTS = {
    "ask_price": (3.0, 2),
    "tender": (2.0, 3),
    "need": (2.0, 2),
    "capability": (1.0, 2),
    "own_situation": (1.0, 1),
    "new_project": (1.0, 1),
}


def asking(mail: Evidence) -> float:
    """Points for asking us for goods or services; 5 and more is an enquiry when nothing speaks against it."""
    points = sum(weight * min(most, len(mail.in_text(theme))) for theme, (weight, most) in _WEIGHTS.items())
    if not mail.is_reply:
        points += 2.0 * bool(mail.in_subject("subject_enquiry")) + 2.0 * bool(mail.in_subject("ask_price"))
        points += 2.0 * bool(mail.in_subject("tender")) + 1.0 * bool(mail.in_subject("need"))
    points += 2.0 * bool(mail.services) + _faint(mail)
    points += 1.0 * ("?" in mail.parts.new)
    return max(0.0, points - mail.selling)


def _faint(mail: Evidence) -> float:
    """Words of price and of wanting that stand in no phrase we know: they count beside something that we sell."""
    price = bool(mail.said("price_word")) and not mail.in_text("ask_price")
    want = bool(mail.said("want_word")) and not mail.in_text("need")
    return (1.5 * price + 1.5 * want) * (1.0 if mail.services or (price and want) else 0.5)


def asks(mail: Evidence) -> bool:
    """Whether anything is asked for at all: a price, a need, a tender, a service under a question."""
    return bool(mail.said("ask_price") or mail.said("need") or mail.said("tender")) or bool(
        mail.services and (mail.said("price_word") or mail.said("want_word"))
    )

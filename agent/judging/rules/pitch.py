"""Somebody who wants to sell to us, however much it sounds like a question."""

from __future__ import annotations

import re

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.lexicon import load
from agent.judging.strength import asking
from crm_model.links import Verdict, VerdictKind

_PRICE = re.compile(
    r"\d\s?%|(?:€|\$|£)\s?\d|\d[ .,]*\s?(?:€|kr\b|nok\b|sek\b|eur\b|euro\b|usd\b|gbp\b|руб|øre\b|öre\b)"
    r"|\d[.,]\d\d\s?(?:a|per|pr|/|за)\s?\w+",
    re.I,
)
_BOOKING = re.compile(r"\b(?:calendly\.com|meetings\.hubspot|cal\.com)/", re.I)


def check(mail: Evidence) -> Verdict | None:
    """Words of selling against words of buying; an answer to us needs more of them."""
    subject, body = mail.in_subject("pitch"), mail.in_text("pitch")
    points = 2.0 * len(subject[:1]) + 2.0 * len(body) + 2.0 * bool(mail.in_text("decline_sales"))
    points += 1.5 * bool(mail.in_text("sales_title")) + 1.0 * min(2, len(mail.in_text("hype"))) + states_price(mail)
    points += 1.0 * (_BOOKING.search(mail.written) is not None)
    points -= 4.0 * (mail.answers_us or mail.context.known_person)
    if points >= 4 and points > wanting(mail):
        return found(VerdictKind.PITCH, 0.92 if points > 5 else 0.8, "pitch", subject + body)
    return None


def states_price(mail: Evidence) -> float:
    """Points for a price or a saving of the sender's own: sums without a word of budget."""
    if mail.in_text("need") or load("budget").find(mail.words.words):
        return 0.0
    return 1.5 * (_PRICE.search(mail.parts.new) is not None)


def wanting(mail: Evidence) -> float:
    """Buyers' points that a pitch does not borrow: it, too, says price, quote and what it has seen on our site."""
    need = 2.0 * min(2, len(mail.in_text("need"))) + 1.0 * min(1, len(mail.in_text("own_situation")))
    return need + min(4.0, asking(mail) - need) * 0.5

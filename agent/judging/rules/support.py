"""A customer's problem with what we delivered."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.strength import asking
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """Words of trouble outweigh what is asked; prices and new needs outweigh trouble with somebody else's work."""
    subject, body = mail.in_subject("support"), mail.in_text("support")
    if not (subject or body):
        return None
    ours = mail.answers_us or mail.context.known_person
    points = 3.0 * len(subject[:1]) + 2.5 * len(body) + 2.0 * ours
    buying = asking(mail) - 2.0 * bool(mail.services) - 1.0 * ("?" in mail.parts.new)
    if points > buying and not (mail.in_text("ask_price") and mail.in_text("need")):
        return found(VerdictKind.SUPPORT, 0.9 if points > 4 else 0.75, "support", subject + body)
    return None

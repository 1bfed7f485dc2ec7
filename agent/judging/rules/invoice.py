"""Bills, reminders, statements and receipts for what we bought."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.strength import asking
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """The words of a bill in a new subject or more than once in the text; an answer to our own bill is none."""
    if mail.answers_us or mail.is_reply:
        return None
    subject, body = mail.in_subject("invoice"), mail.in_text("invoice")
    points = 3 * len(subject[:1]) + 1.5 * len(body)
    if points < 3 or points <= asking(mail) * 0.6 or (not subject and mail.in_text("need")):
        return None
    if mail.message.header("list-unsubscribe") and not subject:
        return None
    return found(VerdictKind.INVOICE, 0.92 if subject else 0.8, "invoice", subject + body)

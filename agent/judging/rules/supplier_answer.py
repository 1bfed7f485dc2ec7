"""A supplier's answer to what we asked for."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.strength import asking
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """Thanks us for our enquiry, or names its own offer, in an answer."""
    said = mail.in_text("supplier_answer")
    answers = mail.answers_us or mail.is_reply
    if said and answers and asking(mail) < 6:
        return found(VerdictKind.OTHER, 0.88, "supplier_answer", said)
    return None

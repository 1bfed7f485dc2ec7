"""Answers in a deal under way: accepted, declined, changed."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.strength import asking
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """Talk of an offer that exists, to us who made it; a plain answer to us that asks for nothing new."""
    said = mail.in_text("decline") + mail.in_text("running_deal")
    answers = mail.answers_us or (mail.is_reply and mail.context.known_person)
    if said and answers and not mail.in_text("new_project") and 2.5 * len(said) > asking(mail) - 4:
        return found(VerdictKind.OTHER, 0.85, "running_deal", said)
    return None

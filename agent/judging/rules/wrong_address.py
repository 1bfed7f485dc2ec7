"""Mail meant for somebody else."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """Says so, or goes on from an agreement with us that a stranger can't have."""
    said = mail.in_text("wrong_address")
    if said and not mail.in_text("need"):
        return found(VerdictKind.OTHER, 0.8, "wrong_address", said)
    stranger = not (mail.answers_us or mail.is_reply or mail.context.known_person)
    agreed = mail.in_text("agreed_before")
    if stranger and agreed:
        return found(VerdictKind.OTHER, 0.7, "wrong_address", agreed)
    return None

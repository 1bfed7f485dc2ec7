"""People who want to be left alone, or to know what we store of them."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """Unsubscribing, erasure and access requests; a privacy notice under an enquiry is none."""
    subject, body = mail.in_subject("privacy_request"), mail.in_text("privacy_request")
    if 2 * len(subject[:1]) + len(body) >= 2 and not (mail.in_text("ask_price") or mail.said("tender")):
        return found(VerdictKind.OTHER, 0.88, "privacy_request", subject + body)
    return None

"""Receipts that say that somebody's program opened our mail."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """A disposition notification (RFC 8098), or its words before a colon in the subject."""
    if "disposition-notification" in mail.header("content-type"):
        return found(VerdictKind.NOTIFICATION, 0.98, "read_receipt", "a disposition notification")
    said = mail.in_subject("read_receipt")
    if said and ":" in mail.topic and mail.topic.partition(":")[0].count(" ") <= 2 and mail.in_text("read_receipt"):
        return found(VerdictKind.NOTIFICATION, 0.93, "read_receipt", said)
    return None

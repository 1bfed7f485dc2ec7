"""Invitations, answers to them, cancellations and counter-proposals."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from crm_model.links import Verdict, VerdictKind

_TYPES = frozenset(("text/calendar", "application/ics"))


def check(mail: Evidence) -> Verdict | None:
    """A calendar part decides (RFC 6047); without one a meeting program's subject over a text that asks for nothing."""
    if _TYPES & set(mail.message.content_types) or mail.header("content-type").startswith("text/calendar"):
        return found(VerdictKind.CALENDAR, 0.98, "calendar", "carries a calendar entry")
    if "calendar:" in mail.header("content-class"):
        return found(VerdictKind.CALENDAR, 0.98, "calendar", "a meeting message")
    head, colon, _ = mail.topic.partition(":")
    hits = mail.in_subject("calendar_subject")
    if colon and hits and len(head.split()) <= 3 and not mail.in_text("ask_price") and not mail.said("tender"):
        return found(VerdictKind.CALENDAR, 0.85, "calendar", hits)
    return None

"""Newsletters, digests and campaigns: one text for many."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.rules import notification
from agent.judging.rules.mailing_list import own_list
from agent.judging.strength import asking
from crm_model.links import Verdict, VerdictKind

_SENDERS = (
    "feedback-id",
    "x-campaign",
    "x-campaign-id",
    "x-campaignid",
    "x-mailgun-sid",
    "x-mc-user",
    "x-csa-complaints",
    "x-mailer-recptid",
)


def check(mail: Evidence) -> Verdict | None:
    """Mass mail by its headers (RFC 2369, 8058); without them by an unsubscribing foot."""
    marks = _marks(mail)
    if marks and not (marks == ["list-unsubscribe"] and mail.answers_us):
        return notification.check(mail) or found(VerdictKind.NEWSLETTER, 0.97, "bulk", f"mass mail: {', '.join(marks)}")
    foot = mail.in_text("newsletter")
    if len(foot) >= 2 and not mail.answers_us and not mail.is_reply and asking(mail) < 8 + len(foot):
        return found(VerdictKind.NEWSLETTER, 0.85, "bulk", foot)
    return None


def _marks(mail: Evidence) -> list[str]:
    marks = [name for name in ("list-unsubscribe", *_SENDERS) if mail.message.header(name)]
    if mail.header("list-id") and not own_list(mail):
        marks.append("list-id")
    if mail.header("precedence") in ("bulk", "junk", "list"):
        marks.append("precedence")
    return [] if own_list(mail) and not mail.header("precedence") else marks

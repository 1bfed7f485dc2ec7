"""Newsletters, digests and campaigns: one text for many."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.rules import notification
from agent.judging.rules.mailing_list import own_list
from agent.judging.structure import from_machine
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
    """Mass mail by its headers (RFC 2369, 8058); a machine's is a notice rather than a newsletter."""
    marks = _marks(mail)
    if not marks or (marks == ["list-unsubscribe"] and mail.answers_us):
        return None
    if from_machine(mail) and (said := mail.said("automatic") + mail.said("notice")):
        return found(VerdictKind.NOTIFICATION, 0.9, "notification", said)
    return notification.check(mail) or found(VerdictKind.NEWSLETTER, 0.97, "bulk", f"mass mail: {', '.join(marks)}")


def _marks(mail: Evidence) -> list[str]:
    marks = [name for name in ("list-unsubscribe", *_SENDERS) if mail.message.header(name)]
    if mail.header("list-id") and not own_list(mail):
        marks.append("list-id")
    if mail.header("precedence") in ("bulk", "junk", "list"):
        marks.append("precedence")
    return [] if own_list(mail) and not mail.header("precedence") else marks

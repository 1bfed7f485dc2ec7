"""Fraud, phishing and malware."""

from __future__ import annotations

import re

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.strength import asking
from crm_model.links import Verdict, VerdictKind

_DANGEROUS = (
    ".exe",
    ".scr",
    ".js",
    ".vbs",
    ".jar",
    ".iso",
    ".img",
    ".lnk",
    ".hta",
    ".bat",
    ".cmd",
    ".html",
    ".htm",
    ".shtml",
)
_PACKED = (".zip", ".rar", ".7z", ".gz", ".ace", ".tar")
_FAILED = re.compile(r"\bdmarc=fail\b")


def check(mail: Evidence) -> Verdict | None:
    """The receiving server's judgement, or the words of fraud weighed against a real request."""
    names = [attachment.name.lower() for attachment in mail.message.attachments]
    dangerous = any(name.endswith(_DANGEROUS) for name in names)
    said = mail.said("spam")
    if mail.header("x-spam-flag").startswith("yes") or mail.header("x-spam-status").startswith("yes"):
        return found(VerdictKind.SPAM, 0.95, "spam", "marked by the mail server")
    if mail.answers_us or mail.context.known_person:
        return None
    failed = _FAILED.search(mail.header("authentication-results")) is not None
    if failed and (dangerous or said or any(name.endswith(_PACKED) for name in names)):
        return found(VerdictKind.SPAM, 0.93, "spam", "fails the sender's own policy (DMARC)")
    points = len(said) + 2 * dangerous + any(name.endswith(_PACKED) for name in names)
    if points >= 2 and points > asking(mail) / 3:
        return found(VerdictKind.SPAM, 0.9 if points > 2 else 0.8, "spam", said or "a dangerous attachment")
    return None

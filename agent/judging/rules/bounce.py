"""Non-delivery and delay reports, in whatever shape a server words them."""

from __future__ import annotations

import re

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from crm_model.links import Verdict, VerdictKind

_POSTMASTERS = frozenset(("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "mdaemon", "bounce", "bounces"))
_STATUS = re.compile(r"\b[45]\d\d[ -]#?[245]\.\d{1,3}\.\d{1,3}\b|\b[45]\.\d{1,3}\.\d{1,3}\b|\bRCPT TO\b", re.I)


def check(mail: Evidence) -> Verdict | None:
    """A bounce by MIME type (RFC 3464), X-Failed-Recipients, a postmaster's or an empty return path with its words."""
    kind = mail.header("content-type")
    if "multipart/report" in kind and "disposition-notification" not in kind:
        complaint = "feedback-report" in kind  # RFC 5965: somebody pressed "this is spam"
        verdict = VerdictKind.NOTIFICATION if complaint else VerdictKind.BOUNCE
        return found(verdict, 0.99, "bounce", "a multipart/report")
    if "message/delivery-status" in mail.message.content_types or mail.message.header("x-failed-recipients"):
        return found(VerdictKind.BOUNCE, 0.99, "bounce", "holds a delivery status")
    return _by_words(mail)


def _by_words(mail: Evidence) -> Verdict | None:
    postmaster = mail.local_part in _POSTMASTERS
    no_return = mail.header("return-path") == "<>"
    if not (postmaster or no_return or mail.in_subject("bounce")):
        return None
    words = mail.said("bounce")
    if words and (postmaster or no_return):
        return found(VerdictKind.BOUNCE, 0.97, "bounce", words)
    status = _STATUS.search(mail.message.text[:4000]) is not None
    if (postmaster and (no_return or status)) or (mail.in_subject("bounce") and status):
        return found(VerdictKind.BOUNCE, 0.94, "bounce", words or "a postmaster's mail")
    return None

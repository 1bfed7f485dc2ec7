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
        about_complaint = "feedback-report" in kind
        return found(
            VerdictKind.NOTIFICATION if about_complaint else VerdictKind.BOUNCE, 0.99, "bounce", "a multipart/report"
        )
    if "message/delivery-status" in mail.message.content_types:
        return found(VerdictKind.BOUNCE, 0.99, "bounce", "holds a delivery status")
    if mail.message.header("x-failed-recipients"):
        return found(VerdictKind.BOUNCE, 0.99, "bounce", "names failed recipients")
    postmaster = mail.local_part in _POSTMASTERS
    no_return = mail.header("return-path") == "<>"
    if not (postmaster or no_return or mail.in_subject("bounce")):
        return None
    words = mail.said("bounce")
    if words and (postmaster or no_return):
        return found(VerdictKind.BOUNCE, 0.97, "bounce", words)
    if postmaster and (no_return or _STATUS.search(mail.message.text[:4000])):
        return found(VerdictKind.BOUNCE, 0.95, "bounce", "a postmaster's mail without return path")
    if mail.in_subject("bounce") and _STATUS.search(mail.message.text[:4000]):
        return found(VerdictKind.BOUNCE, 0.93, "bounce", words)
    return None

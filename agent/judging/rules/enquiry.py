"""Somebody outside asks us for goods or services."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import odds_of, reason
from agent.judging.lexicon import words_of
from agent.judging.rules import notification
from agent.judging.strength import asking, asks
from crm_model.links import Verdict, VerdictKind

EVEN = 4.0
_SUGGEST = 4.5
_ANSWER = 6.0
_DOUBTFUL = 0.85
_PACKED = (".zip", ".rar", ".7z", ".gz", ".tar", ".ace", ".html", ".htm")
_NEWSLETTER_QUOTED = words_of("vocabulary", "newsletter_quoted")


def check(mail: Evidence) -> Verdict | None:
    """Enough is asked for; an answer to us must ask for more than a running conversation would."""
    points = asking(mail)
    if mail.answers_us and not answers_campaign(mail):
        fresh = mail.in_text("ask_price") and (mail.in_text("need") or mail.services)
        fresh = fresh or (mail.in_text("need") and mail.in_text("new_project"))
        if not fresh or points < _ANSWER:
            return None
        points -= 1.0
    if points < _SUGGEST or not (asks(mail) or mail.services):
        return None
    if notification.from_machine(mail) and not notification.invites(mail):
        return None
    said = mail.said("ask_price") + mail.said("tender") + mail.said("need") + mail.services
    odds = odds_of(points, even=EVEN)
    odds = min(odds, _DOUBTFUL) if is_doubtful(mail) else odds
    return Verdict(VerdictKind.ENQUIRY, odds, creates_lead=True, reasons=(reason("enquiry", said),))


def is_doubtful(mail: Evidence) -> bool:
    """Whether a person should look before a lead is made: signs of selling, or an archive instead of a text."""
    packed = any(item.name.lower().endswith(_PACKED) for item in mail.message.attachments)
    failed = "dmarc=fail" in mail.header("authentication-results")
    return mail.selling >= 1.0 or packed or failed


def answers_campaign(mail: Evidence) -> bool:
    """Whether the answered mail of ours went to many: a newsletter or an invitation."""
    quoted = mail.parts.quoted[:8000].lower()
    return any(word in quoted for word in _NEWSLETTER_QUOTED)

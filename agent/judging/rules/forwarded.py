"""A colleague passes on somebody's enquiry, inline or as a message/rfc822 part."""

from __future__ import annotations

import re

from agent.judging.evidence import Evidence
from agent.judging.finding import found, reason
from agent.judging.rules import content
from crm_model.links import Verdict, VerdictKind

_ANSWER = re.compile(r"\s*(?:re|sv|aw|antw|r|rif|отв)(?:\[\d+\])?\s*:", re.I)
_LEADS = frozenset((VerdictKind.ENQUIRY, VerdictKind.WEB_FORM, VerdictKind.FORWARDED_ENQUIRY))
_NOTED = 0.15  # so likely must an enquiry be that a colleague passes on as one
_WEAK = frozenset((VerdictKind.OTHER, VerdictKind.PERSONAL, VerdictKind.SUPPORT))


def check(mail: Evidence) -> Verdict | None:
    """The forwarded message is judged as if it had come to us; the colleague's note can tip the balance."""
    # Our answer to a customer quotes the enquiry in the same shape; only what goes to ourselves is passed on.
    if not mail.from_us or not mail.ours_only() or _ANSWER.match(mail.message.subject[:20]):
        return None
    inner = mail.inner
    if inner is None:
        return None
    judged = mail.judge_again(inner)
    noted = mail.said("lead_note")
    if judged.kind in _LEADS and judged.creates_lead:
        why = (reason("forwarded", "a colleague passes on an enquiry"), *judged.reasons)
        return Verdict(VerdictKind.FORWARDED_ENQUIRY, min(0.98, judged.probability + 0.05), True, why)
    if judged.kind in _WEAK and noted and content.share_of(mail.seen_as(inner), (VerdictKind.ENQUIRY,)) >= _NOTED:
        why = (reason("forwarded", noted), *judged.reasons)
        return Verdict(VerdictKind.FORWARDED_ENQUIRY, 0.75, True, why)
    return found(VerdictKind.INTERNAL, 0.9, "forwarded", f"passes on mail that is {judged.kind.value}")

"""Job seekers, recruiters and placements."""

from __future__ import annotations

import re

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.strength import asking
from crm_model.links import Verdict, VerdictKind

_PAPERS = re.compile(r"\b(?:cv|resume|résumé|lebenslauf|curriculum|vitnem[åa]l|meritf[öo]rteckning|резюме)\b", re.I)


def check(mail: Evidence) -> Verdict | None:
    """Words of applications in subject, text and names of attachments."""
    subject, body = mail.in_subject("recruiting"), mail.in_text("recruiting")
    papers = any(_PAPERS.search(re.sub(r"[_\d.-]+", " ", item.name[:200])) for item in mail.message.attachments)
    known = mail.answers_us or mail.context.known_person
    points = 2 * bool(subject) + len(body) + 2 * papers
    if points >= (4 if known else 2) and points * 2 > asking(mail) - 2.0 * bool(mail.services):
        return found(VerdictKind.RECRUITING, 0.93 if points > 2 else 0.8, "recruiting", subject + body)
    if points >= 1 and asking(mail) < 3 and not (known or mail.services):
        return found(VerdictKind.RECRUITING, 0.65, "recruiting", subject + body)
    return None

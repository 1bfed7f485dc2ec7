"""Private mail."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from agent.judging.strength import asking
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """Private words to one of our people by name; private matters of a customer under a request don't count."""
    said = mail.said("personal")
    if not said:
        return None
    colleagues = {email for _, email in mail.organisation.colleagues}
    to_person = any(person.email in colleagues for person in mail.message.recipients)
    points = 2.0 * len(said) + 2.0 * (to_person and mail.is_free_mail) + 1.0 * to_person
    alone = mail.is_free_mail and not (mail.services or mail.answers_us) and asking(mail) < 3
    if (points >= 4 and points > asking(mail)) or alone:
        return found(VerdictKind.PERSONAL, 0.85, "personal", said)
    return None

"""Mail that we ourselves wrote: between colleagues, by our machines, or out to others."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from crm_model.links import Verdict, VerdictKind
from crm_model.mail import Direction


def check(mail: Evidence) -> Verdict | None:
    """Never a lead: what colleagues pass on and what our web forms send was taken before."""
    if not mail.from_us:
        return None
    if mail.sender in mail.organisation.form_senders:
        return found(VerdictKind.NOTIFICATION, 0.8, "own_people", "our own machine wrote it")
    if mail.context.direction is Direction.OUTGOING or not mail.ours_only():
        return found(VerdictKind.OTHER, 0.95, "own_people", "we wrote it to somebody outside")
    return found(VerdictKind.INTERNAL, 0.98, "own_people", "a colleague's mail to colleagues")

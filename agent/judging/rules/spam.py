"""Mail that the receiving server marked as spam; what fraud says is weighed with everything else."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """The marks of SpamAssassin, rspamd and their like."""
    if mail.header("x-spam-flag").startswith("yes") or mail.header("x-spam-status").startswith("yes"):
        return found(VerdictKind.SPAM, 0.95, "spam", "marked by the mail server")
    return None

"""Surveys, students' questions and the press."""

from __future__ import annotations

from agent.judging.evidence import Evidence
from agent.judging.finding import found
from crm_model.links import Verdict, VerdictKind


def check(mail: Evidence) -> Verdict | None:
    """Their words, when nothing is needed for the writer's own business."""
    subject, body = mail.in_subject("survey"), mail.in_text("survey")
    if 2 * len(subject[:1]) + len(body) >= 2 and not mail.in_text("need") and not mail.said("tender"):
        return found(VerdictKind.OTHER, 0.85, "survey", subject + body)
    return None

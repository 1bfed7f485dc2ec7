"""What people made leads of before moves how sure the agent is; it never makes a lead of what is none."""

from __future__ import annotations

from dataclasses import replace

from agent.linking.case import Case
from crm_model.links import Reason, Verdict
from sync.lessons import lesson_words, move

LEAST = 0.4
"""Below this a lead is not even suggested; the mail is held."""


def moved(case: Case) -> Verdict:
    """The verdict with its probability moved by the lessons, and the words that moved it as one more reason."""
    verdict = case.verdict
    words = lesson_words(case.sender, case.said_by.subject, case.parts.new)
    found = move(case.view.lessons(), verdict.probability, words)
    if found is None:
        return verdict
    told = ", ".join(f"“{word}”" for word in found.words)
    reason = Reason("lessons", f"{told}: mail with this {'became leads' if found.up else 'was refused'} before")
    return replace(verdict, probability=found.probability, reasons=(*verdict.reasons, reason))

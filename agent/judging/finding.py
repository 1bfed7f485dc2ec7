"""How a rule says what it found."""

from __future__ import annotations

from collections.abc import Iterable

from crm_model.links import Reason, Verdict, VerdictKind
from crm_model.safe_text import safe_line

_EVIDENCE_LIMIT = 120


def found(kind: VerdictKind, probability: float, rule: str, evidence: str | Iterable[str]) -> Verdict:
    """A verdict that makes no lead, with one reason."""
    return Verdict(kind, round(probability, 3), creates_lead=False, reasons=(reason(rule, evidence),))


def reason(rule: str, evidence: str | Iterable[str]) -> Reason:
    """A reason whose evidence is one short, safe line."""
    text = evidence if isinstance(evidence, str) else ", ".join(f"“{phrase}”" for phrase in list(evidence)[:4])
    return Reason(rule, safe_line(text)[:_EVIDENCE_LIMIT])

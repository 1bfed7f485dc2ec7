"""How a rule says who fetched."""

from __future__ import annotations

from crm_model.safe_text import safe_line
from crm_model.tracking import Fetcher, HitVerdict, Who

_REASON_LIMIT = 160


def machine(fetcher: Fetcher, confidence: float, reason: str) -> HitVerdict:
    return _verdict(Who.MACHINE, fetcher, confidence, reason)


def human(fetcher: Fetcher, confidence: float, reason: str) -> HitVerdict:
    return _verdict(Who.HUMAN, fetcher, confidence, reason)


def unclear(reason: str) -> HitVerdict:
    """Nothing speaks clearly: moves nothing until a sibling does."""
    return _verdict(Who.UNKNOWN, Fetcher.UNCLEAR, 0.5, reason)


def _verdict(who: Who, fetcher: Fetcher, confidence: float, reason: str) -> HitVerdict:
    return HitVerdict(who, fetcher, confidence, (safe_line(reason)[:_REASON_LIMIT],))

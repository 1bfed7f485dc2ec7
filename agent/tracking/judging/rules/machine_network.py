"""Fetches from networks where machines are and people hardly."""

from __future__ import annotations

from agent.tracking.judging.said import machine, unclear
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict

_AT_ONCE_SECONDS = 10.0


def check(seen: Seen, _trail: Trail) -> HitVerdict | None:
    """A click is a scanner's; an image too at once, and later maybe a mail provider's proxy that names itself not."""
    if not seen.owner:
        return None
    if seen.is_click:
        return machine(Fetcher.SCANNER, 0.8, f"a link opened from {seen.owner}")
    if seen.seconds < _AT_ONCE_SECONDS:
        return machine(Fetcher.SCANNER, 0.8, f"the image fetched from {seen.owner} within ten seconds")
    return unclear(f"the image fetched from {seen.owner}: a scanner, or a proxy for somebody who looked")

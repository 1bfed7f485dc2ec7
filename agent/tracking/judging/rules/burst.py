"""Different links faster than a person opens them, seen after the fact."""

from __future__ import annotations

from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import EARLY_SECONDS, Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """Two links in a second; three, or both of two, in five, unless whoever did so was reading the mail just there."""
    if not seen.is_click:
        return None
    reads = (seen.seconds >= EARLY_SECONDS and not seen.owner and trail.read_here(seen)) or trail.opens_tabs(seen)
    if seen.hit.id in trail.in_a_breath and not (reads and seen.hit.id not in trail.alone_in_a_breath):
        return machine(Fetcher.SCANNER, 0.9, "two links within a second")
    if seen.hit.id in trail.in_quick_succession and not reads:
        return machine(Fetcher.SCANNER, 0.85, "several links within five seconds, by nobody who was reading the mail")
    return None

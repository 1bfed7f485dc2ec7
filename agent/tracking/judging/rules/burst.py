"""Different links faster than a person opens them, seen after the fact."""

from __future__ import annotations

from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import EARLY_SECONDS, Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """Two links in a second; three, or both of two, in five, unless whoever did so was reading the mail just there."""
    if not seen.is_click:
        return None
    reads = seen.seconds >= EARLY_SECONDS and not seen.owner and trail.read_here(seen)
    alone = seen.hit.id in trail.alone_in_a_breath
    if seen.hit.id in trail.in_a_breath and (alone or not (reads or trail.slips(seen))):
        return machine(Fetcher.SCANNER, 0.9, "two links within a second")
    if seen.hit.id in trail.in_quick_succession and not (reads or trail.opens_tabs(seen)):
        return machine(Fetcher.SCANNER, 0.85, "several links within five seconds, by nobody who was reading the mail")
    return None

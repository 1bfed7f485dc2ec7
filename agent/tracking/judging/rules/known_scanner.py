"""Networks that scanned mail to the same domain in the last 30 days."""

from __future__ import annotations

from agent.tracking.judging.said import machine, unclear
from agent.tracking.judging.trail import EARLY_SECONDS, Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """The program that scanned is a scanner again; another may be a person behind the same door, if he reads."""
    agents = trail.context.scanned_from.get(seen.hit.network)
    if agents is None or trail.read_here(seen):
        return None
    if seen.agent in agents:
        return machine(Fetcher.SCANNER, 0.8, "this program scanned mail to the same domain in the last 30 days")
    if seen.is_click and seen.seconds < EARLY_SECONDS:
        return unclear("a network that scanned mail to the same domain in the last 30 days")
    return None

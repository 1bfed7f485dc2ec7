"""The only link of a mail is fetched again after a scanner that comes back, from where nobody read it."""

from __future__ import annotations

from agent.tracking.judging.said import unclear
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """Scanners come back after hours or days, from anywhere; people from where people of the domain came before."""
    if not seen.is_click or seen.hit.network in trail.context.read_from or not trail.scanned_before(seen):
        return None
    return unclear("its scanner comes back, and nobody is known to read mail where this came from")

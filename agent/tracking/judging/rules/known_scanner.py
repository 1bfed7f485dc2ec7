"""Networks that scanned mail to the same domain in the last 30 days."""

from __future__ import annotations

from agent.tracking.judging.said import machine, unclear
from agent.tracking.judging.trail import EARLY_SECONDS, Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict

_SEVERAL = 2  # names of programs: one box in an office has one, and people behind the same door have others


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """The program that scanned is a scanner again; another may be a person behind the same door, if he reads."""
    agents = trail.context.scanned_from.get(seen.hit.network)
    if not agents or trail.read_in_network(seen):
        return None
    people = trail.context.read_from.get(seen.hit.network, frozenset())
    if seen.agent in agents and seen.agent not in people:
        return machine(Fetcher.SCANNER, 0.8, "this program scanned mail to the same domain in the last 30 days")
    if len(agents) > _SEVERAL + 2 * len(people):
        return machine(Fetcher.SCANNER, 0.75, "this network scanned mail to the same domain under several names")
    if seen.is_click and seen.seconds < EARLY_SECONDS:
        return unclear("a network that scanned mail to the same domain in the last 30 days")
    return None

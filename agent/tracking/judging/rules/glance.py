"""A look and a click in one glance: a program that takes all it finds, not somebody who reads."""

from __future__ import annotations

from agent.tracking.judging.said import machine, unclear
from agent.tracking.judging.trail import LATE_SECONDS, Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """Soon after the mail left a scanner's; later unclear, for a mail that was read elsewhere may be shown again."""
    if not trail.at_a_glance(seen):
        return None
    if seen.seconds < LATE_SECONDS:
        return machine(Fetcher.SCANNER, 0.75, "looked and opened a link within three seconds, soon after the mail left")
    return unclear("looked for the first time and opened a link within three seconds")

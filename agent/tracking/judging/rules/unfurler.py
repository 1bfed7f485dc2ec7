"""Previews of links that somebody pasted."""

from __future__ import annotations

from agent.tracking.judging import lists
from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, _trail: Trail) -> HitVerdict | None:
    """Nobody opened the link; somebody may have passed it on."""
    name = lists.unfurler(seen.agent)
    return machine(Fetcher.PREVIEW, 0.95, f"{name} shows a preview of a pasted link") if name else None

"""Our own looking at our own mail."""

from __future__ import annotations

from agent.tracking.judging import lists
from agent.tracking.judging.said import machine, unclear
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """Our network; our mail's proxy after an answer that quotes the mail."""
    own = trail.context.own
    if trail.context.lists.is_own(seen.hit.network):
        return machine(Fetcher.OURSELVES, 0.95, "fetched from a network of ours")
    through = lists.proxy(seen.agent)
    if not through or through not in own.proxies:
        return None
    if own.quoted_at is not None and seen.hit.at >= own.quoted_at:
        return unclear(f"{through}, which is ours too, after an answer that may quote the mail")
    return None

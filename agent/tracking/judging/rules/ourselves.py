"""Our own looking at our own mail."""

from __future__ import annotations

from agent.tracking.judging import lists
from agent.tracking.judging.said import machine, unclear
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """Our network or session; our mail's proxy while we look, or after an answer that quotes the mail."""
    own = trail.context.own
    if seen.hit.network in own.networks or trail.context.lists.is_own(seen.hit.network):
        return machine(Fetcher.OURSELVES, 0.95, "fetched from a network of ours")
    if seen.place in own.sessions:
        return machine(Fetcher.OURSELVES, 0.9, "fetched by the program in which one of us looked at this mail")
    through = lists.proxy(seen.agent)
    if not through or through not in own.proxies:
        return None
    if any(begin <= seen.hit.at <= end for begin, end in own.looking):
        return machine(Fetcher.OURSELVES, 0.7, f"{through}, which is ours too, while one of us had the mail open")
    if own.quoted_at is not None and seen.hit.at >= own.quoted_at:
        return unclear(f"{through}, which is ours too, after an answer that may quote the mail")
    return None

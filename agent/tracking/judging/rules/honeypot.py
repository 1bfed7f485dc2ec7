"""A link that no person sees was fetched: so was everything around it, by the same machine."""

from __future__ import annotations

from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict

_AROUND_SECONDS = 30.0


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """The hidden link; and, before or after it, what its network fetched within half a minute."""
    if seen.is_honeypot:
        return machine(Fetcher.SCANNER, 0.98, "fetched a link that no person sees")
    if trail.beside_honeypot(seen, _AROUND_SECONDS):
        return machine(Fetcher.SCANNER, 0.95, "its network fetched a link that no person sees within half a minute")
    return None

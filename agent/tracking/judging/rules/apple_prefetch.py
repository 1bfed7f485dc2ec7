"""Programs that fetch the images of every mail, read or not."""

from __future__ import annotations

from agent.tracking.judging import lists
from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, _trail: Trail) -> HitVerdict | None:
    """Apple Mail Privacy Protection by its bare User-Agent; a link is never opened under it."""
    name = lists.prefetcher(seen.agent)
    if not name:
        return None
    if seen.is_click:
        return machine(Fetcher.BOT, 0.85, f"a link opened under the name that {name} has for images")
    return machine(Fetcher.PREFETCH, 0.85, f"{name} fetches images whether the mail is read or not")

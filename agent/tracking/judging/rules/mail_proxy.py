"""Image proxies of mail programs: a look, unless it comes too soon for one."""

from __future__ import annotations

from agent.tracking.judging import lists
from agent.tracking.judging.said import human, machine, unclear
from agent.tracking.judging.trail import AHEAD_SECONDS, Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict

_SURE_SECONDS = 30.0


def check(seen: Seen, _trail: Trail) -> HitVerdict | None:
    """Stands before the list of robots, which names proxies too."""
    name = lists.proxy(seen.agent)
    if not name:
        return None
    if seen.is_click:
        return machine(Fetcher.BOT, 0.9, f"{name} opened a link, which no person does through it")
    if seen.seconds < AHEAD_SECONDS:
        return machine(Fetcher.PREFETCH, 0.7, f"{name}, {max(0, int(seen.seconds))} s after the mail left")
    if seen.seconds < _SURE_SECONDS:
        return unclear(f"{name}, {int(seen.seconds)} s after the mail left: it may have fetched ahead")
    return human(Fetcher.PROXY, 0.65, f"{name}, which fetches when somebody looks")

"""Scanners, robots and scripts by the name that they give themselves."""

from __future__ import annotations

from agent.tracking.judging import lists
from agent.tracking.judging.said import machine
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, trail: Trail) -> HitVerdict | None:
    """Mail programs that call on links themselves, too: a browser follows when a person opened the link."""
    scanner = trail.context.lists.scanner(seen.agent)
    if scanner:
        return machine(Fetcher.SCANNER, 0.95, f"names itself: {scanner}")
    client = lists.client(seen.agent)
    if client:
        ahead = seen.is_click and lists.checks_links(seen.agent)
        return machine(Fetcher.BOT, 0.8, f"{client} looks at a link before the browser does") if ahead else None
    script = lists.script(seen.agent)
    return machine(Fetcher.BOT, 0.95, f"the name of {script}") if script else None

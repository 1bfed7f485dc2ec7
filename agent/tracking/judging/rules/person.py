"""What no rule takes for a machine's."""

from __future__ import annotations

from agent.tracking.judging import lists
from agent.tracking.judging.said import human, unclear
from agent.tracking.judging.trail import Seen, Trail
from crm_model.tracking import Fetcher, HitVerdict


def check(seen: Seen, _trail: Trail) -> HitVerdict:
    """A browser or a mail program, where and when people are; other programs stay unclear."""
    client = lists.client(seen.agent)
    if not client and not lists.is_browser(seen.agent):
        return unclear("a program that is neither a browser nor known")
    if seen.is_click:
        return human(Fetcher.PERSON, 0.9, "a browser opened a link, by itself and in its own time")
    return human(Fetcher.PERSON, 0.7, f"{client} showed the mail" if client else "a browser showed the mail")

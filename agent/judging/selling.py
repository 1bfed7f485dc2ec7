"""What sets selling apart from asking, in any language: length, links, loudness, who is spoken of, whom it went to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.judging import domains

if TYPE_CHECKING:
    from agent.judging.evidence import Evidence

_LINK = re.compile(r"https?://([^\s/<>\"')\]]{1,253})", re.I)
_LOUD = re.compile(r"\b[A-ZÅÄÖÆØА-Я]{4,}\b")
_LONG = 2_500
_MANY_PEOPLE = 10


def selling_points(mail: Evidence) -> float:
    """Points to take from what a message seems to ask: 0 for a plain letter to us, 10 and more for a leaflet."""
    text = mail.parts.new
    points = min(5.0, max(0, len(text) - _LONG) / 800)
    points += min(6.0, 1.5 * len(mail.said("hype")))
    points += min(4.0, 1.0 * foreign_links(mail))
    points += 1.0 * (text.count("!") >= 4) + 1.5 * _is_loud(f"{mail.topic} {text[:3000]}")
    return points + _misaddressed(mail)


def foreign_links(mail: Evidence) -> int:
    """Links in the text that lead neither to the sender's own domain nor to ours; the first two are free."""
    own = domains.label(mail.domain) if mail.domain else ""
    hosts = [match.group(1).lower().partition(":")[0] for match in _LINK.finditer(mail.written[:6000])]
    foreign = [host for host in hosts if domains.label(host) != own and not mail.organisation.is_own(f"x@{host}")]
    tracked = mail.is_free_mail and bool(foreign)
    return max(0, len(foreign) - 2) + tracked


def _is_loud(text: str) -> bool:
    """Whether much is shouted."""
    return len(_LOUD.findall(text)) >= 8


def _misaddressed(mail: Evidence) -> float:
    """Whether we stand in no address line, or as one of many."""
    people = [person.email for person in mail.message.to + mail.message.cc if person.email]
    if len(people) > _MANY_PEOPLE:
        return 3.0
    if people and mail.message.headers and not any(mail.organisation.is_own(email) for email in people):
        return 2.5
    return 0.0

"""What is known of a mail whose hits are judged, beside the hits themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.tracking.judging.lists import Lists, bundled
from crm_model.tracking import Token


@dataclass(frozen=True, slots=True)
class OwnViews:
    """How our own looking at a mail can be told, beside our networks.

    `proxies` are names of the data file through which our own mail is read; `quoted_at` is when the first answer came
    that may quote it: the copy of ours with the pixel in it.
    """

    proxies: frozenset[str] = frozenset()
    quoted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SendContext:
    """A mail of ours: when the server took it, and every token in it.

    `scanned_from`: networks that scanned mail to the recipient's domain in the last 30 days, with the User-Agents
    that did; `read_from` is the same of people.
    """

    sent_at: datetime
    tokens: Mapping[str, Token]
    own: OwnViews = field(default_factory=OwnViews)
    scanned_from: Mapping[str, frozenset[str]] = field(default_factory=dict)
    read_from: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lists: Lists = field(default_factory=bundled)

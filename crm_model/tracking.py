"""Opens and clicks: what is put into a mail of ours, and what a fetch of it may mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class TrackingMode(StrEnum):
    """How much of a mail may be followed: nothing, how often alone, or by whom."""

    NONE = "none"
    AGGREGATE = "aggregate"
    INDIVIDUAL = "individual"


class TokenKind(StrEnum):
    """What a token in a mail leads to: the pixel, a link, the page that ends mail and tracking."""

    OPEN = "open"
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Token:
    """A random word that stands in a mail; what it means is known here and at the outpost only.

    `url` is where a click goes, "" for other kinds. `recipient` is an address in lower case, "" where the mail goes to
    several people or is counted only. `honeypot`: a link that no person sees.
    """

    token: str
    kind: TokenKind
    url: str = ""
    recipient: str = ""
    honeypot: bool = False


class Who(StrEnum):
    """Who fetched: only a human moves anything."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class Fetcher(StrEnum):
    """What kind of program or person fetched; the finer word beside `Who`."""

    PERSON = "person"
    PROXY = "proxy"  # an image proxy that fetches when somebody looks
    PREFETCH = "prefetch"  # fetched whether read or not
    SCANNER = "scanner"
    PREVIEW = "preview"  # somebody pasted the link
    BOT = "bot"
    OURSELVES = "ourselves"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Hit:
    """One fetch of a token, as the outpost saw it; never changed, judged as often as rules change.

    `id` is made by the outpost, once. `at` aware UTC. `network` is the address cut to /24 or /48 ("203.0.113.0/24"),
    whole only where configuration says so, "" if unknown. `prefetch`: the request said of itself that nobody looks.
    """

    id: str
    token: str
    kind: TokenKind
    at: datetime
    method: str = "GET"
    user_agent: str = ""
    network: str = ""
    prefetch: bool = False


@dataclass(frozen=True, slots=True)
class HitVerdict:
    """Who fetched, how sure, by which rules and what they saw; `rules_version` tells when to judge anew."""

    who: Who
    fetcher: Fetcher
    confidence: float
    reasons: tuple[str, ...] = field(default=())
    rules_version: str = ""


class Purpose(StrEnum):
    """What a person is asked about, one by one."""

    OPEN = "open"
    CLICK = "click"
    MAIL = "mail"


class ConsentState(StrEnum):
    UNKNOWN = "unknown"
    GIVEN = "given"
    REFUSED = "refused"


class Scope(StrEnum):
    """What a person has put an end to."""

    TRACKING = "tracking"
    MAIL = "mail"

"""A mail of ours with three links, and what may fetch them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from agent.tracking.judging import SendContext, judge_hits
from crm_model.tracking import Hit, HitVerdict, Token, TokenKind

SENT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ADDRESS = "kari@kunde.test"
HOME, OFFICE, ELSEWHERE = "198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"
AZURE = "20.50.10.0/24"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
)
OLD_CHROME = CHROME.replace("143", "79")
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Mobile/15E148 Safari/604.1"
)
APPLE_MAIL = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
OUTLOOK = (
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; "
    "Microsoft Outlook 16.0.18129; ms-office; MSOffice 16)"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
APPLE_PREFETCH = "Mozilla/5.0"

TOKENS = {
    "pixel": Token("pixel", TokenKind.OPEN, recipient=ADDRESS),
    "one": Token("one", TokenKind.CLICK, "https://example.test/1", ADDRESS),
    "two": Token("two", TokenKind.CLICK, "https://example.test/2", ADDRESS),
    "three": Token("three", TokenKind.CLICK, "https://example.test/3", ADDRESS),
    "trap": Token("trap", TokenKind.CLICK, "https://example.test/", ADDRESS, honeypot=True),
}
CONTEXT = SendContext(SENT, TOKENS)


def fetch(token: str, seconds: float, agent: str = CHROME, network: str = HOME, *, method: str = "GET") -> Hit:
    """A hit `seconds` after the mail left."""
    kind = TokenKind.OPEN if token == "pixel" else TokenKind.CLICK
    at = SENT + timedelta(seconds=seconds)
    return Hit(f"{token} {seconds} {network} {method}", token, kind, at, method, agent, network)


@dataclass(frozen=True)
class Judged:
    """The hits' verdicts, in the order of the hits."""

    verdicts: Sequence[HitVerdict] = field(default_factory=list)

    @property
    def who(self) -> list[str]:
        return [each.who.value for each in self.verdicts]

    @property
    def fetchers(self) -> list[str]:
        return [each.fetcher.value for each in self.verdicts]


def judged(*hits: Hit, context: SendContext = CONTEXT, links: int = 3) -> Judged:
    """What is said of them together; `links` cuts the mail down to its first links."""
    dropped = ("one", "two", "three")[links:]
    tokens: Mapping[str, Token] = {name: each for name, each in context.tokens.items() if name not in dropped}
    found = judge_hits(hits, replace(context, tokens=tokens))
    return Judged([found[hit.id] for hit in hits])

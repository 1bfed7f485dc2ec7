"""How often a mail was opened and its links clicked, by whom: views over judged hits, never stored sums."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_model.tracking import Fetcher, Hit, HitVerdict, TokenKind, Who

OPEN_GAP = timedelta(minutes=30)
"""Fetches of a pixel no further apart are one look."""

CLICK_GAP = timedelta(seconds=10)
"""Fetches of a link no further apart are one click."""

_FORWARD_DEVICES = 3  # a telephone and a desk are one person's; a third device hardly
_PLATFORM = re.compile(r"iPhone|iPad|Android|Windows|Macintosh|CrOS|Linux")

Judged = tuple[Hit, HitVerdict]


@dataclass(frozen=True, slots=True)
class HitCounts:
    """What happened to one mail, or to one recipient's. Times are aware UTC, oldest first.

    `opened_at` and `clicked_at` are people's. `seen`: a person opened it, or clicked, which implies that. Machine and
    unclear counts are of looks and clicks as well, counted alike.
    """

    opened_at: tuple[datetime, ...] = ()
    clicked_at: tuple[datetime, ...] = ()
    machine_opens: int = 0
    machine_clicks: int = 0
    unclear_opens: int = 0
    unclear_clicks: int = 0
    possible_forward: bool = False

    @property
    def seen(self) -> bool:
        return bool(self.opened_at or self.clicked_at)


def count_hits(judged: Iterable[Judged]) -> HitCounts:
    """Looks and clicks. A person's look and a machine's next to it are two; ours count for nothing."""
    hits = sorted(judged, key=lambda each: (each[0].at, each[0].id))
    foreign = [each for each in hits if each[1].fetcher is not Fetcher.OURSELVES]
    return HitCounts(
        opened_at=_moments(foreign, TokenKind.OPEN, Who.HUMAN),
        clicked_at=_moments(foreign, TokenKind.CLICK, Who.HUMAN),
        machine_opens=len(_moments(foreign, TokenKind.OPEN, Who.MACHINE)),
        machine_clicks=len(_moments(foreign, TokenKind.CLICK, Who.MACHINE)),
        unclear_opens=len(_moments(foreign, TokenKind.OPEN, Who.UNKNOWN)),
        unclear_clicks=len(_moments(foreign, TokenKind.CLICK, Who.UNKNOWN)),
        possible_forward=_may_be_forwarded(foreign),
    )


def _moments(hits: Sequence[Judged], kind: TokenKind, who: Who) -> tuple[datetime, ...]:
    """When each look or click began. A series of fetches counts from its first: one that never pauses is one."""
    gap = OPEN_GAP if kind is TokenKind.OPEN else CLICK_GAP
    begun: dict[str, list[datetime]] = defaultdict(list)
    for hit, verdict in hits:
        if hit.kind is kind and verdict.who is who:
            moments = begun[hit.token]
            if not moments or hit.at - moments[-1] >= gap:
                moments.append(hit.at)
    return tuple(sorted(at for moments in begun.values() for at in moments))


def _may_be_forwarded(hits: Sequence[Judged]) -> bool:
    """Somebody pasted a link, or more devices in more networks than one person has show the mail."""
    if any(verdict.fetcher is Fetcher.PREVIEW for _, verdict in hits):
        return True
    devices = {
        (hit.network, _platform(hit.user_agent))
        for hit, verdict in hits
        if verdict.who is Who.HUMAN and verdict.fetcher is Fetcher.PERSON
    }
    networks, platforms = {network for network, _ in devices}, {platform for _, platform in devices}
    return len(networks) >= _FORWARD_DEVICES and len(platforms) >= _FORWARD_DEVICES


def _platform(agent: str) -> str:
    found = _PLATFORM.search(agent[:400])
    return found[0] if found else ""

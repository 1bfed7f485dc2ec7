"""All hits of one mail as the rules see them: what they say together, which none says alone.

Hits are looked at by recipient, for a mail with a token for each person is as many mails. What one rule finds of a
scanner is evidence to another: its network, its User-Agent, what it fetched in one breath.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import TypeVar

from agent.tracking.judging import lists
from agent.tracking.judging.context import SendContext
from crm_model.tracking import Hit, TokenKind

BREATH_SECONDS = 0.8
"""Nobody finds and opens two links within it."""

QUICK_SECONDS = 5.0
"""Few people open three links, or both of two, within it."""

READING_SECONDS = 15.0
"""Between a look at a mail and the links in it, for somebody who reads."""

EARLY_SECONDS = 60.0
"""After the server took a mail: scanners are at work, few people have read it."""

LATE_SECONDS = 900.0
"""From then on scanners have done with a mail, most greylisting included."""

AHEAD_SECONDS = 10.0
"""Before that a proxy fetches ahead of anybody's look."""

GLANCE_SECONDS = 3.0
"""From a first look to a click: nobody reads so fast."""

CHECK_SECONDS = 5.0
"""A scanner that looks at a link when somebody opens it lets him through within it."""

RIDE_SECONDS = 60.0
"""A scanner fetches the image around the links."""

Key = TypeVar("Key")

Place = tuple[str, str]
"""A network and a User-Agent: as near to a device as a hit tells."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A hit with what can be read off it alone. `seconds` since the server took the mail; `owner` of its network."""

    hit: Hit
    seconds: float
    recipient: str
    is_honeypot: bool
    owner: str

    @property
    def is_click(self) -> bool:
        return self.hit.kind is TokenKind.CLICK

    @property
    def agent(self) -> str:
        return self.hit.user_agent

    @property
    def place(self) -> Place:
        return self.hit.network, self.hit.user_agent


class Trail:
    """The hits of one recipient's mail, oldest first."""

    def __init__(self, hits: Sequence[Seen], context: SendContext) -> None:
        self.hits = sorted(hits, key=lambda seen: (seen.seconds, seen.hit.id))
        self.context = context
        recipient = hits[0].recipient if hits else ""
        tokens = [each for each in context.tokens.values() if each.kind is TokenKind.CLICK and not each.honeypot]
        self.links = sum(each.recipient == recipient for each in tokens)
        """How many links the mail shows to this recipient."""

    @cached_property
    def clicks(self) -> list[Seen]:
        return [seen for seen in self.hits if seen.is_click]

    def beside_honeypot(self, seen: Seen, seconds: float) -> bool:
        """Whether its network fetched a hidden link no more than `seconds` away."""
        return _near(self._honeypots.get(seen.hit.network, ()), seen.seconds, seconds)

    @cached_property
    def _honeypots(self) -> dict[str, list[float]]:
        return _times((seen for seen in self.hits if seen.is_honeypot), lambda seen: seen.hit.network)

    def beside_head(self, seen: Seen) -> bool:
        """Whether the same program asked for the head alone of anything within a minute."""
        return _near(self._heads.get(seen.place, ()), seen.seconds, RIDE_SECONDS)

    @cached_property
    def _heads(self) -> dict[Place, list[float]]:
        return _times((seen for seen in self.hits if seen.hit.method != "GET"), lambda seen: seen.place)

    @cached_property
    def _opened(self) -> list[Seen]:
        """Clicks without those of scanners that look ahead of a person's click."""
        return [seen for seen in self.clicks if not self.is_click_check(seen)]

    def _opened_near(self, seen: Seen, seconds: float) -> list[Seen]:
        begin = bisect_left(self._opened_times, seen.seconds - seconds)
        return self._opened[begin : bisect_right(self._opened_times, seen.seconds + seconds)]

    @cached_property
    def _opened_times(self) -> list[float]:
        return [seen.seconds for seen in self._opened]

    def is_click_check(self, seen: Seen) -> bool:
        """Whether another network opens the same link right after, as a person does when a scanner lets him through."""
        if seen.seconds < EARLY_SECONDS:
            return False
        return any(looks_human(other) and not lists.checks_links(other.agent) for other in self._followed(seen))

    @cached_property
    def in_a_breath(self) -> frozenset[str]:
        """Clicks on different links faster than a hand moves, by the ids of their hits."""
        return _bursts(self._opened, BREATH_SECONDS, 2)

    @cached_property
    def in_quick_succession(self) -> frozenset[str]:
        """Clicks on three links, or on both of two, faster than most people are."""
        return _bursts(self._opened, QUICK_SECONDS, 2 if self.links == 2 else 3)

    @cached_property
    def alone_in_a_breath(self) -> frozenset[str]:
        """The same, counting for each device its own clicks, of which two of many may be a slip of the hand."""
        devices: dict[Place, list[Seen]] = defaultdict(list)
        for seen in self._opened:
            if seen.hit.id in self.in_a_breath:
                devices[seen.place].append(seen)
        return frozenset(
            each for clicks in devices.values() for each in _bursts(clicks, BREATH_SECONDS, 3 if self.links > 2 else 2)
        )

    def scanned_by(self, seen: Seen) -> bool:
        """Whether this program surely scanned the mail, from the same network."""
        return bool(seen.hit.network) and seen.place in self._scanners

    def beside_scan(self, seen: Seen) -> bool:
        """Whether its network surely scanned the mail within a minute."""
        return _near(self._scanning.get(seen.hit.network, ()), seen.seconds, RIDE_SECONDS)

    def amid_scan(self, seen: Seen) -> bool:
        """Whether the mail was surely scanned, from wherever, within a few seconds."""
        return _near(self._scan_times, seen.seconds, GLANCE_SECONDS)

    @cached_property
    def _scan_times(self) -> list[float]:
        return [seen.seconds for seen in self.hits if self._surely_scans(seen)]

    @cached_property
    def _scanners(self) -> frozenset[Place]:
        return frozenset(seen.place for seen in self.hits if self._surely_scans(seen))

    @cached_property
    def _scanning(self) -> dict[str, list[float]]:
        found = _times((seen for seen in self.hits if self._surely_scans(seen)), lambda seen: seen.hit.network)
        found.pop("", None)
        return found

    def _surely_scans(self, seen: Seen) -> bool:
        if seen.is_honeypot or seen.hit.method != "GET" or self.context.lists.scanner(seen.agent):
            return True
        if not seen.is_click or self.read_here(seen):
            return False
        if seen.owner or seen.seconds < QUICK_SECONDS or lists.script(seen.agent):
            return True
        if seen.hit.id in self.in_a_breath and not self.slips(seen):
            return True
        quick = seen.seconds < LATE_SECONDS and seen.hit.id in self.in_quick_succession
        return quick and not self.opens_tabs(seen)

    def slips(self, seen: Seen) -> bool:
        """Whether two links in a breath may be one hand's: of more, late, and by one device alone."""
        if seen.seconds < LATE_SECONDS or seen.owner or seen.hit.id in self.alone_in_a_breath:
            return False
        return all(each.place == seen.place for each in self._opened_near(seen, BREATH_SECONDS))

    def opens_tabs(self, seen: Seen) -> bool:
        """Whether quick clicks may be those of a person with tabs: one device; late, or some of what was shown."""
        if seen.owner or seen.seconds < EARLY_SECONDS:
            return False
        near = [each for each in self._opened_near(seen, QUICK_SECONDS) if not each.owner]
        if any(each.place != seen.place for each in near):
            return False
        if seen.seconds >= LATE_SECONDS:
            return True
        return len({each.hit.token for each in near}) < self.links and self._first_proxied <= seen.seconds

    def scanned_before(self, seen: Seen) -> bool:
        """Whether one who comes back scanned the only link before, and nothing shows a person behind this fetch.

        A scanner's fetch right before shows one: it looks at what somebody opens.
        """
        if self.links != 1 or seen.seconds < LATE_SECONDS or self.read_in_network(seen):
            return False
        return not self.checked(seen) and any(
            lists.comes_back(each.owner) for each in self.clicks if each.seconds < seen.seconds
        )

    def checked(self, seen: Seen) -> bool:
        """Whether the same link was fetched right before, as by a scanner that looks at what somebody opens."""
        times, _ = self._by_token[seen.hit.token]
        return bisect_left(times, seen.seconds - CHECK_SECONDS) < bisect_left(times, seen.seconds)

    def amid_clicks(self, seen: Seen) -> bool:
        """Whether any link was opened within a few seconds."""
        return _near(self._click_times, seen.seconds, GLANCE_SECONDS)

    @cached_property
    def _click_times(self) -> list[float]:
        return [seen.seconds for seen in self.clicks]

    def at_a_glance(self, seen: Seen) -> bool:
        """Whether a program's first look and a click of it fall into one glance, and nobody looked before."""
        look, clicks = self._program_looks.get(seen.agent, inf), self._program_clicks.get(seen.agent, ())
        if self._first_shown < look or abs(look - seen.seconds) > GLANCE_SECONDS:
            return False
        return _near(clicks, look, GLANCE_SECONDS)

    @cached_property
    def _program_looks(self) -> dict[str, float]:
        shown = (seen for seen in self.hits if not seen.is_click and lists.is_browser(seen.agent))
        return {agent: times[0] for agent, times in _times(shown, lambda seen: seen.agent).items()}

    @cached_property
    def _program_clicks(self) -> dict[str, list[float]]:
        return _times(self.clicks, lambda seen: seen.agent)

    def read_here(self, seen: Seen) -> bool:
        """Whether the same device looked at the mail a while before, as somebody who reads it does."""
        return any(seen.seconds - at >= READING_SECONDS for at in self._looks.get(seen.place, ()))

    def read_in_network(self, seen: Seen) -> bool:
        """Whether any device of the network did."""
        return any(seen.seconds - at >= READING_SECONDS for at in self._network_looks.get(seen.hit.network, ()))

    @cached_property
    def _looks(self) -> dict[Place, list[float]]:
        """When each device showed the mail."""
        shown = (seen for seen in self.hits if not seen.is_click and seen.hit.network and looks_human(seen))
        return _times(shown, lambda seen: seen.place)

    @cached_property
    def _network_looks(self) -> dict[str, list[float]]:
        found: dict[str, list[float]] = defaultdict(list)
        for place, times in self._looks.items():
            if place not in self._scanners:
                found[place[0]] += times
        return found

    def shown_before(self, seen: Seen) -> bool:
        """Whether anybody's program, a proxy's included, showed the mail before this hit in a way that people do."""
        return self._first_shown <= seen.seconds

    @cached_property
    def _first_proxied(self) -> float:
        proxied = (seen.seconds for seen in self.hits if lists.proxy(seen.agent) and seen.seconds >= AHEAD_SECONDS)
        return min(proxied, default=inf)

    @cached_property
    def _first_shown(self) -> float:
        looks = (seen for seen in self.hits if not seen.is_click and looks_human(seen))
        shown = (seen.seconds for seen in looks if seen.hit.network not in self._scanning)
        return min(self._first_proxied, min(shown, default=inf))

    def _followed(self, seen: Seen) -> Iterator[Seen]:
        """Fetches of the same link by other networks right after this one."""
        times, fetches = self._by_token[seen.hit.token]
        for other in fetches[bisect_right(times, seen.seconds) : bisect_right(times, seen.seconds + CHECK_SECONDS)]:
            if other.hit.network != seen.hit.network:
                yield other

    @cached_property
    def _by_token(self) -> dict[str, tuple[list[float], list[Seen]]]:
        found: dict[str, tuple[list[float], list[Seen]]] = defaultdict(lambda: ([], []))
        for seen in self.hits:
            times, fetches = found[seen.hit.token]
            times.append(seen.seconds)
            fetches.append(seen)
        return found


def _times(hits: Iterable[Seen], key: Callable[[Seen], Key]) -> dict[Key, list[float]]:
    found: dict[Key, list[float]] = defaultdict(list)
    for seen in hits:
        found[key(seen)].append(seen.seconds)
    return found


def _near(times: Sequence[float], seconds: float, within: float) -> bool:
    """Whether one of these, sorted, is no more than `within` away."""
    place = bisect_left(times, seconds - within)
    return place < len(times) and times[place] <= seconds + within


def looks_human(seen: Seen) -> bool:
    """A browser's or a mail program's fetch from where people are."""
    agent = seen.agent
    if seen.owner or seen.hit.prefetch or seen.hit.method != "GET" or lists.script(agent):
        return False
    return bool(lists.client(agent)) or lists.is_browser(agent)


def _bursts(clicks: Sequence[Seen], seconds: float, links: int) -> frozenset[str]:
    """Clicks within a span of `seconds` that holds at least so many different links."""
    found: set[str] = set()
    counts: dict[str, int] = defaultdict(int)
    start = marked = 0
    for end, seen in enumerate(clicks):
        counts[seen.hit.token] += 1
        while seen.seconds - clicks[start].seconds > seconds:
            gone = clicks[start].hit.token
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
            start += 1
        if len(counts) >= links:
            found.update(each.hit.id for each in clicks[max(start, marked) : end + 1])
            marked = end + 1
    return frozenset(found)

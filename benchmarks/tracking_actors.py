"""Who fetches a mail's image and links: people with their programs, as they are known to behave."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from crm_model.tracking import Fetcher, Hit, Token, TokenKind

HOUR = 3600.0
OWN_NETWORK = "185.30.20.0/24"


class Shares(Protocol):
    """What the actors ask of the weather."""

    @property
    def unlisted(self) -> float: ...
    @property
    def ahead(self) -> float: ...
    @property
    def ahead_seconds(self) -> float: ...
    @property
    def quick_readers(self) -> float: ...
    @property
    def tab_openers(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Organisation:
    """Where a recipient works: the scanner before its mailboxes, and the network through which its people leave."""

    domain: str
    scanner: str
    office: str
    strange_network: str


def organisation_of(place: int, strange: float, chance: random.Random) -> Organisation:
    """Half of all are behind a scanner; of those a share is behind one that nobody knows."""
    scanner = "none"
    if chance.random() < 0.5:
        known = ("safelinks", "safelinks", "mimecast", "proofpoint", "barracuda", "heads")
        scanner = "strange" if chance.random() < strange else chance.choice(known)
    return Organisation(f"firm{place}.test", scanner, access_network(chance), hosting_network(chance))


def access_network(chance: random.Random) -> str:
    """An office, a home, a telephone company."""
    first, second = chance.choice(
        [(77, 16), (81, 166), (84, 208), (90, 149), (93, 40), (109, 74), (178, 74), (213, 89)]
    )
    return f"{first}.{second}.{chance.randrange(256)}.0/24"


def hosting_network(chance: random.Random) -> str:
    """Rented machines of whom no list of ours knows."""
    first, second = chance.choice([(88, 198), (51, 75), (165, 22), (116, 203), (159, 89), (167, 172), (45, 76)])
    return f"{first}.{second}.{chance.randrange(256)}.0/24"


_LISTED = {
    "microsoft": ((20, 50), (20, 191), (40, 94), (40, 83), (52, 169), (104, 45), (13, 74), (52, 236)),
    "mimecast": ((207, 211, 30), (185, 58, 84), (195, 130, 217), (91, 220, 42), (205, 139, 110)),
    "proofpoint": ((67, 231, 148), (148, 163, 129), (185, 132, 182), (205, 220, 165)),
    "amazon": ((3, 120), (52, 18), (54, 170), (18, 195), (34, 245)),
    "google": ((66, 249, 84), (74, 125, 210), (66, 102, 9)),
}
_UNLISTED_CLOUD = ((172, 166), (172, 187), (48, 209), (15, 188), (63, 35), (13, 36))


def vendor_network(vendor: str, unlisted: float, chance: random.Random) -> str:
    """One of a vendor's, which every list lags behind."""
    parts = chance.choice(_UNLISTED_CLOUD if chance.random() < unlisted else _LISTED[vendor])
    third = parts[2] if len(parts) > 2 else chance.randrange(256)
    return f"{parts[0]}.{parts[1]}.{third}.0/24"


def browser(chance: random.Random, *, age_years: float = 0.0) -> str:
    """A desktop browser that was new so many years ago, or a little before."""
    chrome = round(146 - 13 * (age_years + abs(chance.gauss(0, 0.25))))
    system = chance.choice(
        ["Windows NT 10.0; Win64; x64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7"]
    )
    plain = f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 Safari/537.36"
    return f"{plain} Edg/{chrome}.0.0.0" if chance.random() < 0.3 else plain


def telephone(chance: random.Random) -> str:
    if chance.random() < 0.5:
        system = f"{chance.choice([17, 18, 26])}_{chance.randrange(7)}"
        return (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS {system} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            f"Version/{system.replace('_', '.')} Mobile/15E148 Safari/604.1"
        )
    chrome = 146 - chance.randrange(8)
    engine = "AppleWebKit/537.36 (KHTML, like Gecko)"
    return f"Mozilla/5.0 (Linux; Android 10; K) {engine} Chrome/{chrome}.0.0.0 Mobile Safari/537.36"


@dataclass(slots=True)
class Stage:
    """One mail while it is fetched."""

    sent_at: datetime
    tokens: Mapping[str, Token]
    organisation: Organisation
    weather: Shares
    chance: random.Random
    hits: list[Hit] = field(default_factory=list)
    truth: dict[str, Fetcher] = field(default_factory=dict)
    own_networks: frozenset[str] = frozenset((OWN_NETWORK,))

    @property
    def pixel(self) -> str:
        return next(name for name, each in self.tokens.items() if each.kind is TokenKind.OPEN)

    @property
    def links(self) -> list[str]:
        return [name for name, each in self.tokens.items() if each.kind is TokenKind.CLICK]

    def fetch(self, who: Fetcher, token: str, seconds: float, agent: str, network: str, *, method: str = "GET") -> None:
        name = f"{token}:{len(self.hits)}"
        at = self.sent_at + timedelta(seconds=seconds)
        self.hits.append(Hit(name, token, self.tokens[token].kind, at, method, agent, network))
        self.truth[name] = who

    def sweep(
        self, begin: float, pause: Callable[[], float], agent: str, network: Callable[[], str], method: str = "GET"
    ) -> None:
        """A scanner at all links, one after the other."""
        at = begin
        for link in self.links:
            self.fetch(Fetcher.SCANNER, link, at, agent, network(), method=method)
            at += pause()


# People.


def _reads_at(stage: Stage, delivered: float) -> float:
    """Seconds until somebody opens the mail: an hour or two as a rule, a minute for a few."""
    if stage.chance.random() < stage.weather.quick_readers:
        return delivered + stage.chance.uniform(8, 60)
    return delivered + max(45.0, stage.chance.lognormvariate(math.log(1.5 * HOUR), 1.5))


def _person(stage: Stage, delivered: float, show: Callable[[float, str, str], None], *, phone_share: float) -> None:
    """Looks or does not, clicks or does not, comes back or does not; always with the same few devices."""
    chance = stage.chance
    if chance.random() < 0.4:
        return
    outside = access_network(chance)
    on_phone = chance.random() < phone_share
    agent, network = (telephone(chance), outside) if on_phone else (_desk(chance), stage.organisation.office)
    at = _reads_at(stage, delivered)
    show(at, agent, network)
    if chance.random() < 0.35:
        _click(stage, at + chance.lognormvariate(math.log(25), 0.7), agent, network)
    if chance.random() < 0.3:
        again = at + chance.uniform(0.5, 60) * HOUR
        show(again, agent, network)
        if chance.random() < 0.3:
            _click(stage, again + chance.lognormvariate(math.log(20), 0.7), agent, network)
    if chance.random() < 0.03:
        _forwarded(stage, at + chance.uniform(0.2, 30) * HOUR)


def _desk(chance: random.Random) -> str:
    """Most browsers are new; one in fifty has not been renewed for years."""
    return browser(chance, age_years=chance.uniform(3.2, 6) if chance.random() < 0.02 else 0.0)


def _click(stage: Stage, at: float, agent: str, network: str) -> None:
    """One link as a rule, sometimes more; a few open several in tabs."""
    chance = stage.chance
    in_tabs = chance.random() < stage.weather.tab_openers
    wanted = min(len(stage.links), 3 if in_tabs else chance.choices([1, 2, 3], [0.75, 0.18, 0.07])[0])
    for link in chance.sample(stage.links, wanted):
        _check_click(stage, link, at)
        stage.fetch(Fetcher.PERSON, link, at, agent, network)
        if chance.random() < 0.05:
            stage.fetch(Fetcher.PERSON, link, at + chance.uniform(0.3, 6), agent, network)
        at += chance.uniform(0.9, 2.5) if in_tabs else chance.lognormvariate(math.log(30), 0.8) + 2.5


def _check_click(stage: Stage, link: str, at: float) -> None:
    """Scanners that rewrite links look at the target when somebody opens one, just before he is let through."""
    chance, ahead = stage.chance, at - stage.chance.uniform(0.3, 2.5)
    match stage.organisation.scanner:
        case "safelinks" if chance.random() < 0.7:
            network = vendor_network("microsoft", stage.weather.unlisted, chance)
            stage.fetch(Fetcher.SCANNER, link, ahead, browser(chance), network)
        case "mimecast" if chance.random() < 0.8:
            network = vendor_network("mimecast", stage.weather.unlisted, chance)
            stage.fetch(Fetcher.SCANNER, link, ahead, browser(chance, age_years=4), network)
        case "heads" if chance.random() < 0.5:
            office = stage.organisation.office
            stage.fetch(Fetcher.SCANNER, link, ahead, "WebGate/7.4", office, method="HEAD")
        case "strange" if chance.random() < 0.4:
            stage.fetch(Fetcher.SCANNER, link, ahead, browser(chance), stage.organisation.strange_network)


def _forwarded(stage: Stage, at: float) -> None:
    """Somebody else reads it elsewhere, or a preview of a link is made."""
    chance = stage.chance
    if chance.random() < 0.4:
        agent = chance.choice(
            [
                "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
                "WhatsApp/2.23.20.0",
                "facebookexternalhit/1.1",
            ]
        )
        stage.fetch(Fetcher.PREVIEW, chance.choice(stage.links), at, agent, vendor_network("amazon", 0.0, chance))
    agent, network = _desk(chance), access_network(chance)
    stage.fetch(Fetcher.PERSON, stage.pixel, at + 5, agent, network)
    if chance.random() < 0.5:
        stage.fetch(Fetcher.PERSON, chance.choice(stage.links), at + 5 + chance.uniform(10, 200), agent, network)


def gmail_user(stage: Stage, delivered: float) -> None:
    """The proxy fetches at the first look; later looks mostly come from its store; now and then it fetches ahead."""
    chance, shown = stage.chance, False
    agent = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    if chance.random() < stage.weather.ahead:
        at = delivered + chance.uniform(0.5, stage.weather.ahead_seconds)
        stage.fetch(Fetcher.PREFETCH, stage.pixel, at, agent, vendor_network("google", 0.0, chance))
        shown = chance.random() < 0.7

    def show(at: float, _agent: str, _network: str) -> None:
        nonlocal shown
        if not shown or chance.random() < 0.15:
            stage.fetch(Fetcher.PROXY, stage.pixel, at, agent, vendor_network("google", 0.0, chance))
        shown = True

    _person(stage, delivered, show, phone_share=0.5)


def yahoo_user(stage: Stage, delivered: float) -> None:
    agent = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
    network = "87.248.114.0/24"

    def show(at: float, _agent: str, _network: str) -> None:
        stage.fetch(Fetcher.PROXY, stage.pixel, at, agent, network)

    _person(stage, delivered, show, phone_share=0.5)


def outlook_user(stage: Stage, delivered: float) -> None:
    """Outlook on a desk: half of its people let it load images."""
    chance, loads = stage.chance, stage.chance.random() < 0.5
    agent = (
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; .NET4.0C; .NET4.0E; "
        f"Microsoft Outlook 16.0.{chance.randrange(15000, 19999)}; ms-office; MSOffice 16)"
    )

    def show(at: float, _agent: str, network: str) -> None:
        if loads:
            stage.fetch(Fetcher.PERSON, stage.pixel, at, agent, network)

    _person(stage, delivered, show, phone_share=0.1)


def outlook_com_user(stage: Stage, delivered: float) -> None:
    """New Outlook and outlook.com: images come through Microsoft's machines under a browser's name."""

    def show(at: float, agent: str, _network: str) -> None:
        stage.fetch(
            Fetcher.PROXY, stage.pixel, at, agent, vendor_network("microsoft", stage.weather.unlisted, stage.chance)
        )

    _person(stage, delivered, show, phone_share=0.3)


def apple_private_user(stage: Stage, delivered: float) -> None:
    """Mail Privacy Protection: fetched some time after delivery, read or not, by way of a relay; looks are unseen."""
    chance = stage.chance
    if chance.random() < 0.85:
        at = delivered + chance.lognormvariate(math.log(0.8 * HOUR), 1.8)
        stage.fetch(Fetcher.PREFETCH, stage.pixel, at, "Mozilla/5.0", f"104.28.{chance.randrange(30, 90)}.0/24")

    def show(_at: float, _agent: str, _network: str) -> None:
        return

    _person(stage, delivered, show, phone_share=0.7)


def plain_user(stage: Stage, delivered: float) -> None:
    """A mail program or a web mailer that loads images by itself."""
    own = stage.chance.choice(
        [
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0",
            "",
        ]
    )

    def show(at: float, agent: str, network: str) -> None:
        stage.fetch(Fetcher.PERSON, stage.pixel, at, own or agent, network)

    _person(stage, delivered, show, phone_share=0.3)


PEOPLE: Mapping[str, tuple[float, Callable[[Stage, float], None]]] = {
    "gmail": (0.32, gmail_user),
    "outlook": (0.2, outlook_user),
    "apple": (0.25, apple_private_user),
    "plain": (0.15, plain_user),
    "outlook.com": (0.02, outlook_com_user),
    "yahoo": (0.06, yahoo_user),
}

LARGE_PROVIDERS = frozenset(("gmail", "outlook.com", "yahoo"))
"""They put no mail off to see whether it is sent again, and let no other company scan it."""


def person_of(organisation: Organisation, chance: random.Random) -> str:
    """A kind of person who may have a mailbox there."""
    own = organisation.scanner == "safelinks"
    kinds = {name: weight for name, (weight, _) in PEOPLE.items() if not (own and name in ("gmail", "yahoo"))}
    return chance.choices(list(kinds), list(kinds.values()))[0]

"""Mail that is fetched by people, proxies, scanners and robots, with the truth about each fetch.

Written from what is known of the programs (who fetches what, when, under which name, from where), not from the rules
that judge them. `Weather` holds what may differ; `held_out()` is a year in which every program is another than the
data files know: scanners under today's browser names from networks on no list, slower, some of them at one link alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from benchmarks.tracking_actors import (
    LARGE_PROVIDERS,
    PEOPLE,
    Organisation,
    Stage,
    organisation_of,
    person_of,
)
from benchmarks.tracking_machines import SCANNERS, visit_by_strangers
from crm_model.tracking import Fetcher, Hit, Token, TokenKind

BEGIN = datetime(2026, 9, 1, 6, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Weather:
    """What differs between one world and another. Shares of 1, seconds.

    `unlisted`: of a listed vendor's fetches, how many come from networks on no list. `strange`: of the scanned
    organisations, how many have a scanner that nobody knows. `ahead_seconds`: how late a proxy may still fetch ahead.
    """

    unlisted: float = 0.08
    strange: float = 0.0
    ahead: float = 0.03
    ahead_seconds: float = 6.0
    greylisted: float = 0.05
    quick_readers: float = 0.015
    tab_openers: float = 0.02
    one_link: float = 0.25


def held_out() -> Weather:
    """What the data files do not know and the rules were not written for."""
    return Weather(unlisted=0.5, strange=0.6, ahead=0.05, ahead_seconds=9.0, greylisted=0.1, quick_readers=0.02)


def varied(seed: int) -> Weather:
    """The known world with its shares moved, by a seed."""
    chance = random.Random(seed)
    return Weather(
        unlisted=chance.uniform(0.0, 0.15),
        ahead=chance.uniform(0.0, 0.06),
        ahead_seconds=chance.uniform(2.0, 9.0),
        greylisted=chance.uniform(0.0, 0.12),
        quick_readers=chance.uniform(0.005, 0.02),
        tab_openers=chance.uniform(0.0, 0.04),
        one_link=chance.uniform(0.1, 0.4),
    )


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """A mail to one person with everything that was fetched of it, and by whom, by the id of the hit."""

    sent_at: datetime
    domain: str
    tokens: Mapping[str, Token]
    hits: Sequence[Hit]
    truth: Mapping[str, Fetcher]
    own_networks: frozenset[str] = field(default_factory=frozenset)


def simulate(mails: int, seed: int, weather: Weather) -> Iterator[FetchedMail]:
    """So many mails to a hundred organisations over two months, in the order in which they left."""
    chance = random.Random(seed)
    organisations = [organisation_of(place, weather.strange, chance) for place in range(max(10, min(100, mails // 10)))]
    for place in range(mails):
        sent_at = BEGIN + timedelta(days=60 * place / mails, seconds=chance.uniform(0, 300))
        yield _one(place, sent_at, chance.choice(organisations), weather, chance)


def _one(
    place: int, sent_at: datetime, organisation: Organisation, weather: Weather, chance: random.Random
) -> FetchedMail:
    address = f"p{chance.randrange(20)}@{organisation.domain}"
    links = 1 if chance.random() < weather.one_link else chance.randint(2, 7)
    tokens = {f"o{place}": Token(f"o{place}", TokenKind.OPEN, recipient=address)}
    for number in range(links):
        name = f"c{place}-{number}"
        tokens[name] = Token(name, TokenKind.CLICK, f"https://example.test/{number}", address)
    stage = Stage(sent_at, tokens, organisation, weather, chance)
    person = person_of(organisation, chance)
    delivered = chance.expovariate(1 / 1.5)
    if person not in LARGE_PROVIDERS and chance.random() < weather.greylisted:
        delivered += chance.uniform(60, 900)
    SCANNERS[organisation.scanner](stage, delivered)
    PEOPLE[person][1](stage, delivered)
    visit_by_strangers(stage, delivered)
    return FetchedMail(sent_at, organisation.domain, tokens, stage.hits, stage.truth, stage.own_networks)

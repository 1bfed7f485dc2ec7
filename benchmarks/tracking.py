"""Who opened? The judging of opens and clicks beside the rules of other products, on simulated mail.

    python -m benchmarks tracking       the tables go to docs/tracking.md

BENCH_TRACKED (20,000) is the number of mails of each world, BENCH_SEED fixes the dice.
"""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from crawleruseragents import is_crawler

from agent.tracking.judging import SendContext, judge_hits
from agent.tracking.judging.lists import Lists, OwnEntries, bundled
from benchmarks.measure import Row
from benchmarks.page import markdown, write_between
from benchmarks.tracking_simulator import FetchedMail, Weather, held_out, simulate, varied
from crm_model.tracking import Fetcher, Hit, TokenKind, Who

Said = Mapping[str, tuple[Who, Fetcher]]
PEOPLES = frozenset((Fetcher.PERSON, Fetcher.PROXY))
CLASSES = tuple(each for each in Fetcher if each is not Fetcher.UNCLEAR)
_PAGE = Path(__file__).parents[1] / "docs" / "tracking.md"
_MEMORY = timedelta(days=30)
_DOUBLE = timedelta(seconds=10)


@lru_cache
def _lists_of_a_sender_in(networks: frozenset[str]) -> Lists:
    return Lists(OwnEntries(own_networks=tuple(networks)))


class Judging:
    """Ours, with the memory of the last 30 days that the store gives it."""

    def __init__(self) -> None:
        self._memory: dict[tuple[str, Fetcher], list[tuple[datetime, Hit]]] = defaultdict(list)

    def __call__(self, mail: FetchedMail) -> Said:
        context = SendContext(
            mail.sent_at,
            mail.tokens,
            scanned_from=self._networks(mail, Fetcher.SCANNER),
            read_from=self._networks(mail, Fetcher.PERSON),
            lists=_lists_of_a_sender_in(mail.own_networks),
        )
        verdicts = judge_hits(mail.hits, context)
        for hit in mail.hits:
            self._memory[mail.domain, verdicts[hit.id].fetcher].append((mail.sent_at, hit))
        return {name: (each.who, each.fetcher) for name, each in verdicts.items()}

    def _networks(self, mail: FetchedMail, fetcher: Fetcher) -> Mapping[str, frozenset[str]]:
        recent = [each for each in self._memory[mail.domain, fetcher] if each[0] >= mail.sent_at - _MEMORY]
        self._memory[mail.domain, fetcher] = recent
        found: dict[str, frozenset[str]] = {}
        for _, hit in recent:
            found[hit.network] = found.get(hit.network, frozenset()) | {hit.user_agent}
        return found


def ten_seconds(mail: FetchedMail) -> Said:
    """Whatever comes within ten seconds is a machine's, whatever comes later a person's."""
    return {hit.id: _says((hit.at - mail.sent_at).total_seconds() < 10) for hit in mail.hits}


def two_of_three(mail: FetchedMail) -> Said:
    """Mautic's votes: within two seconds, a network on a list, a name on a list; two of three make a robot.

    It gets our list of networks, which is longer than the one it comes with.
    """
    return {
        hit.id: _says(
            ((hit.at - mail.sent_at).total_seconds() < 2)
            + bool(bundled().network(hit.network))
            + (is_crawler(hit.user_agent) or not hit.user_agent)
            >= 2
        )
        for hit in mail.hits
    }


def everybody(mail: FetchedMail) -> Said:
    """No filter at all, as listmonk and Postal count."""
    return {hit.id: _says(False) for hit in mail.hits}


def _says(machine: bool) -> tuple[Who, Fetcher]:
    return (Who.MACHINE, Fetcher.BOT) if machine else (Who.HUMAN, Fetcher.PERSON)


@dataclass(slots=True)
class Score:
    """What a way of judging made of a world. `lost` and `clicks` count people's clicks, `triggers` mails."""

    hits: int = 0
    mails: int = 0
    clicks: int = 0
    lost: int = 0
    triggers: int = 0
    unclear: int = 0
    right: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    true: Counter[str] = field(default_factory=Counter)

    def f1(self, name: str) -> float:
        total = self.said[name] + self.true[name]
        return 2 * self.right[name] / total if total else 1.0

    @property
    def lost_share(self) -> float:
        return self.lost / self.clicks if self.clicks else 0.0


def score(mails: Iterable[FetchedMail], judge: Callable[[FetchedMail], Said]) -> Score:
    """Every hit against the truth; of every mail, what would have moved."""
    found = Score()
    for mail in mails:
        said = judge(mail)
        found.mails += 1
        for hit in mail.hits:
            _count(found, mail.truth[hit.id], *said[hit.id])
        _count_clicks(found, mail, said)
        found.triggers += _moves_falsely(mail, said)
    return found


def _count(found: Score, true: Fetcher, who: Who, fetcher: Fetcher) -> None:
    found.hits += 1
    found.unclear += who is Who.UNKNOWN
    sides = ("human" if true in PEOPLES else "machine", who.value)
    for real, told in (sides, (true.value, fetcher.value)):
        found.true[real] += 1
        found.said[told] += 1
        found.right[real] += real == told


def _count_clicks(found: Score, mail: FetchedMail, said: Said) -> None:
    """A click is lost if no fetch of its link within ten seconds is taken for a person's."""
    counted: dict[str, list[Hit]] = defaultdict(list)
    for hit in mail.hits:
        if hit.kind is TokenKind.CLICK and said[hit.id][0] is Who.HUMAN:
            counted[hit.token].append(hit)
    last: dict[str, Hit] = {}
    for hit in sorted(mail.hits, key=lambda each: each.at):
        if hit.kind is not TokenKind.CLICK or mail.truth[hit.id] is not Fetcher.PERSON:
            continue
        if hit.token not in last or hit.at - last[hit.token].at > _DOUBLE:
            last[hit.token] = hit
            found.clicks += 1
            found.lost += not any(abs(each.at - hit.at) <= _DOUBLE for each in counted[hit.token])


def _moves_falsely(mail: FetchedMail, said: Said) -> bool:
    """Whether machines alone make a mail seen, or a link clicked, before any person did so."""
    seen_at = min((hit.at for hit in mail.hits if mail.truth[hit.id] in PEOPLES), default=None)
    clicked_at: dict[str, Hit] = {}
    for hit in sorted(mail.hits, key=lambda each: each.at):
        if mail.truth[hit.id] is Fetcher.PERSON:
            clicked_at.setdefault(hit.token, hit)
    for hit in mail.hits:
        if said[hit.id][0] is not Who.HUMAN or mail.truth[hit.id] in PEOPLES:
            continue
        person = clicked_at.get(hit.token)
        if hit.kind is TokenKind.CLICK and (person is None or person.at - hit.at > _DOUBLE):
            return True
        if hit.kind is TokenKind.OPEN and seen_at is None:
            return True
    return False


WAYS: Mapping[str, Callable[[], Callable[[FetchedMail], Said]]] = {
    "Hitchpost": Judging,
    "ten seconds": lambda: ten_seconds,
    "two of three (Mautic)": lambda: two_of_three,
    "no filter (listmonk, Postal)": lambda: everybody,
}


def worlds(seed: int) -> Mapping[str, Weather]:
    return {"as known": Weather(), "shares varied": varied(seed), "held out": held_out()}


def compare(mails: int, seed: int) -> Sequence[tuple[str, str, Score]]:
    """Every way in every world: world, way, score."""
    return [
        (world, way, score(simulate(mails, seed, weather), make()))
        for world, weather in worlds(seed).items()
        for way, make in WAYS.items()
    ]


def measure(mails: int, seed: int | None = None) -> list[Row]:
    """Rows for the table of all benchmarks; the whole tables go to docs/tracking.md."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    found = compare(mails, seed)
    _publish(found, mails, seed)
    return [
        Row(
            f"clicks and opens, {world}: F1 of people, false triggers, clicks lost",
            f"{each.f1('human'):.3f}, {each.triggers}, {each.lost_share:.2%}",
            f"{other.f1('human'):.3f}, {other.triggers}, {other.lost_share:.2%} (two of three)",
            "",
            "≥ 0.95, 0, ≤ 1 %",
        )
        for world, way, each in found
        if way == "Hitchpost"
        for other in [next(score for place, name, score in found if place == world and name.startswith("two"))]
    ]


def _publish(found: Sequence[tuple[str, str, Score]], mails: int, seed: int) -> None:
    ways = markdown(
        ("world", "way", "F1 people", "F1 machines", "false triggers", "clicks lost", "unclear"),
        (
            (
                world,
                way,
                f"{each.f1('human'):.3f}",
                f"{each.f1('machine'):.3f}",
                f"{each.triggers:,} of {each.mails:,} mails",
                f"{each.lost_share:.2%}",
                f"{each.unclear / each.hits:.1%}",
            )
            for world, way, each in found
        ),
    )
    classes = markdown(
        ("world", *(each.value for each in CLASSES)),
        (
            (world, *(f"{each.f1(name.value):.3f}" for name in CLASSES))
            for world, way, each in found
            if way == "Hitchpost"
        ),
    )
    command = f"BENCH_TRACKED={mails} BENCH_SEED={seed} python -m benchmarks tracking"
    text = f"`{command}`\n\n{ways}\n\nF1 of each kind of fetcher, Hitchpost:\n\n{classes}"
    write_between(_PAGE, "python -m benchmarks tracking", text)


def chosen_seed() -> int | None:
    return int(os.environ["BENCH_SEED"]) if os.environ.get("BENCH_SEED") else None

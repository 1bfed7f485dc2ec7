"""Who fetched: a person, a machine, or nobody can tell yet; all hits of a mail are judged together.

    hits -> facts of each -> rules, first answer wins -> what siblings make of the unclear ones

Raw hits are kept and never changed, so a changed rule, list or configuration judges them again (`rules_version`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent.tracking.judging.context import OwnViews, SendContext
from agent.tracking.judging.lists import Lists, OwnEntries, bundled, proxy
from agent.tracking.judging.rules import RULES
from agent.tracking.judging.said import human
from agent.tracking.judging.trail import READING_SECONDS, Seen, Trail
from crm_model.tracking import Fetcher, Hit, HitVerdict, Token, TokenKind, Who

__all__ = ["Lists", "OwnEntries", "OwnViews", "SendContext", "judge_hits", "rules_version"]


def rules_version(lists: Lists | None = None) -> str:
    """What the rules, their data and configuration are, in twelve characters: changed, all is judged anew."""
    return (lists or bundled()).version


def judge_hits(hits: Sequence[Hit], context: SendContext) -> Mapping[str, HitVerdict]:
    """Who fetched, by the id of the hit. `hits` are all of one mail; never raises for whatever they hold."""
    by_recipient: dict[str, list[Seen]] = defaultdict(list)
    for hit in hits:
        seen = _seen(hit, context)
        by_recipient[seen.recipient].append(seen)
    version = context.lists.version
    return {
        hit: replace(verdict, rules_version=version)
        for some in by_recipient.values()
        for hit, verdict in _judge(Trail(some, context)).items()
    }


def _seen(hit: Hit, context: SendContext) -> Seen:
    token = context.tokens.get(hit.token) or Token(hit.token, hit.kind)
    seconds = (hit.at - context.sent_at).total_seconds()
    return Seen(hit, seconds, token.recipient, token.honeypot, context.lists.network(hit.network))


def _judge(trail: Trail) -> dict[str, HitVerdict]:
    found = {seen.hit.id: _first(seen, trail) for seen in trail.hits}
    devices: dict[tuple[str, str], list[float]] = defaultdict(list)
    clicks = []
    for seen in trail.hits:
        verdict = found[seen.hit.id]
        if verdict.who is Who.HUMAN and verdict.fetcher is Fetcher.PERSON:
            devices[seen.place].append(seen.seconds)
            clicks += [seen.seconds] if seen.is_click else []
    for seen in trail.hits:
        verdict = found[seen.hit.id]
        if verdict.who is Who.UNKNOWN:
            found[seen.hit.id] = _second_thought(seen, verdict, devices, clicks)
    return found


def _first(seen: Seen, trail: Trail) -> HitVerdict:
    return next(verdict for rule in RULES if (verdict := rule(seen, trail)) is not None)


def _second_thought(
    seen: Seen, verdict: HitVerdict, devices: Mapping[tuple[str, str], Sequence[float]], clicks: Sequence[float]
) -> HitVerdict:
    """A person's click later makes a look out of an unclear one; so does the same device at another time."""
    if seen.hit.kind is TokenKind.OPEN and any(at >= seen.seconds for at in clicks):
        return _upgraded(seen, verdict, "a person opened a link of the mail after it")
    if seen.hit.network and any(abs(at - seen.seconds) >= READING_SECONDS for at in devices.get(seen.place, ())):
        return _upgraded(seen, verdict, "a person used the same program and network at another time")
    return verdict


def _upgraded(seen: Seen, verdict: HitVerdict, reason: str) -> HitVerdict:
    through = Fetcher.PROXY if seen.hit.kind is TokenKind.OPEN and (seen.owner or proxy(seen.agent)) else Fetcher.PERSON
    better = human(through, 0.7, reason)
    return replace(better, reasons=(*better.reasons, *verdict.reasons))

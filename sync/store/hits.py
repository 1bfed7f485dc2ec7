"""Hits as they were heard, and what they were judged to be: raw columns are only added, verdicts written anew.

A mail with a hit that the rules of now have not judged is judged whole: a burst is seen by its siblings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.mail import Direction
from crm_model.tracking import Hit, HitVerdict, Token, TokenKind, TrackingMode, Who
from sync.store.batches import batches, insert_missing
from sync.store.database import Unit, next_seq
from sync.store.tables import messages, outgoing, track_hits, track_tokens, tracked_links, tracked_mails
from sync.store.thread_summary import refresh_threads

_H, _T, _L, _M, _O = track_hits.c, track_tokens.c, tracked_links.c, tracked_mails.c, outgoing.c


MOST_HITS = 1_000
"""Of one token."""


@dataclass(frozen=True, slots=True)
class HitCase:
    """A mail with all its hits, oldest first, and what judging them needs. `domain`: that of its recipients, or "".

    `answered_at`: when the first answer came to its conversation.
    """

    mail_id: int
    sent_at: datetime
    mode: TrackingMode
    domain: str
    tokens: Mapping[str, Token]
    hits: tuple[Hit, ...]
    answered_at: datetime | None = None


def add(unit: Unit, hits: Sequence[Hit]) -> int:
    """Keep these hits, each once; how many were of tokens that nobody made. Those of revoked ones are not kept.

    Nor are more than `MOST_HITS` of a token: somebody fetches it in a loop, and all hits of a mail are judged together.
    """
    room: dict[str, int] = {}
    for some in batches([hit.token for hit in hits]):
        held = sa.select(sa.func.count()).where(_H.token == _T.token).scalar_subquery()
        rows = unit.execute(sa.select(_T.token, _T.revoked_at, held.label("held")).where(_T.token.in_(some)))
        room.update((row.token, 0 if row.revoked_at else MOST_HITS - row.held) for row in rows)
    kept = []
    for hit in hits:
        if room.get(hit.token, 0) > 0:
            room[hit.token] -= 1
            kept.append(_row(hit))
    insert_missing(unit, track_hits, kept)
    return sum(hit.token not in room for hit in hits)


def unjudged(unit: Unit, rules_version: str, limit: int = 50) -> list[int]:
    """Mails with a hit that other rules judged, or none yet; thinned ones are judged for good."""
    query = (
        sa.select(_T.mail_id)
        .join(track_hits, _H.token == _T.token)
        .where(_H.rules_version != rules_version, _H.thinned.is_(False))
    )
    return list(unit.execute(query.distinct().limit(limit)).scalars())


def cases(unit: Unit, mail_ids: Collection[int]) -> list[HitCase]:
    """These mails with every hit that can still be judged."""
    found = []
    for some in batches(mail_ids):
        hits: dict[int, list[Hit]] = defaultdict(list)
        query = sa.select(track_hits, _T.mail_id).join(track_tokens, _T.token == _H.token)
        query = query.where(_T.mail_id.in_(some), _H.thinned.is_(False)).order_by(_H.at, _H.event)
        for row in unit.execute(query):
            hits[row.mail_id].append(_hit(row))
        tokens: dict[int, dict[str, Token]] = defaultdict(dict)
        for row in unit.execute(
            sa.select(track_tokens, _L.url).outerjoin(tracked_links, _L.id == _T.link_id).where(_T.mail_id.in_(some))
        ):
            token = Token(row.token, TokenKind(row.kind), row.url or "", row.recipient, row.honeypot)
            tokens[row.mail_id][row.token] = token
        mails = sa.select(tracked_mails, _O.sent_at, _O.handed_at, _answered_at()).join(
            outgoing, _O.id == _M.outgoing_id
        )
        found += [
            HitCase(
                row.id,
                row.sent_at or row.handed_at or row.created_at,
                TrackingMode(row.mode),
                row.domain,
                tokens[row.id],
                tuple(hits[row.id]),
                row.answered_at,
            )
            for row in unit.execute(mails.where(_M.id.in_(some)).order_by(_M.id))
        ]
    return found


def networks_of(unit: Unit, domain: str, fetchers: Collection[str], since: datetime) -> Mapping[str, frozenset[str]]:
    """The networks from which mail to this domain was fetched by such (`Fetcher` values) since then, with their agents.

    Nothing for domain "".
    """
    query = (
        sa.select(_H.network, _H.user_agent)
        .join(track_tokens, _T.token == _H.token)
        .join(tracked_mails, _M.id == _T.mail_id)
        .where(_M.domain == domain, _H.fetcher.in_(list(fetchers)), _H.at >= since, _H.network != "")
    )
    found: dict[str, frozenset[str]] = {}
    for row in unit.execute(query.distinct()) if domain else ():
        found[row.network] = found.get(row.network, frozenset()) | {row.user_agent}
    return found


def settle(unit: Unit, verdicts: Mapping[str, HitVerdict]) -> None:
    """Keep these verdicts, by event. Whatever becomes a person's hit, or no longer is one, moves its conversation."""
    before = _judged(unit, verdicts)
    human = {event for event, verdict in verdicts.items() if verdict.who is Who.HUMAN}
    moved = {event for event, row in before.items() if (row.who == Who.HUMAN) != (event in human)}
    seq = next_seq(unit) if moved else 0
    rows = [
        {
            "hit": event,
            "who": verdict.who.value,
            "fetcher": verdict.fetcher.value,
            "confidence": verdict.confidence,
            "reasons": list(verdict.reasons),
            "rules_version": verdict.rules_version,
            "seq": (seq if event in human else 0) if event in moved else before[event].seq,
        }
        for event, verdict in verdicts.items()
        if event in before
    ]
    if rows:
        unit.execute(track_hits.update().where(_H.event == sa.bindparam("hit")), rows)
    refresh_threads(unit, {before[event].thread_id for event in moved if before[event].thread_id is not None})


def _answered_at() -> sa.Label[datetime | None]:
    ours, theirs = messages.alias(), messages.alias()
    query = sa.select(sa.func.min(theirs.c.received_at)).join(ours, ours.c.thread_id == theirs.c.thread_id)
    answers = (theirs.c.direction == Direction.INCOMING.value, theirs.c.received_at > _O.sent_at)
    return query.where(ours.c.id == _O.message_id, *answers).correlate(outgoing).scalar_subquery().label("answered_at")


def _judged(unit: Unit, events: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for some in batches(events):
        query = (
            sa.select(_H.event, _H.who, _H.seq, messages.c.thread_id)
            .join(track_tokens, _T.token == _H.token)
            .join(tracked_mails, _M.id == _T.mail_id)
            .join(outgoing, _O.id == _M.outgoing_id)
            .outerjoin(messages, messages.c.id == _O.message_id)
        )
        found.update((row.event, row) for row in unit.execute(query.where(_H.event.in_(some))))
    return found


def _row(hit: Hit) -> dict[str, Any]:
    return {
        "event": hit.id,
        "token": hit.token,
        "kind": hit.kind.value,
        "at": hit.at,
        "method": hit.method,
        "user_agent": hit.user_agent,
        "network": hit.network,
        "prefetch": hit.prefetch,
        "reasons": [],
    }


def _hit(row: Any) -> Hit:
    return Hit(row.event, row.token, TokenKind(row.kind), row.at, row.method, row.user_agent, row.network, row.prefetch)

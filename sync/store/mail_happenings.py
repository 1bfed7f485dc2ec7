"""Noticing what happened to mail of ours: a person opened it or a link in it, somebody answered it.

A hit that is a person's only later, when its siblings show it, is found by its place in the order of changes. Messages
have no such place, and one may be stored behind a later one by another thread: so the last ones are looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.happenings import Event, Happening
from crm_model.links import VerdictKind
from crm_model.mail import DeliveryState, Direction
from crm_model.tracking import TokenKind, TrackingMode, Who
from sync.store import preferences
from sync.store.database import Unit, last_seq
from sync.store.tables import messages, outgoing, track_hits, track_tokens, tracked_links, tracked_mails

_HITS, _FIRST, _LAST = "happenings_hits", "happenings_first_message", "happenings_last_message"
_OVERLAP = 1_000
_MACHINES = tuple(
    kind.value
    for kind in (VerdictKind.AUTO_REPLY, VerdictKind.BOUNCE, VerdictKind.NEWSLETTER, VerdictKind.NOTIFICATION)
)
_H, _T, _M, _O, _G = track_hits.c, track_tokens.c, messages.c, outgoing.c, tracked_mails.c


def has_news(unit: Unit) -> bool:
    """Whether `notice_mail` would find anything to look at, or was never asked."""
    seen = preferences.get(unit, _HITS)
    if not seen:
        return True
    newest = unit.execute(sa.select(sa.func.max(_M.id))).scalar() or 0
    if newest > int(preferences.get(unit, _LAST)):
        return True
    return unit.execute(sa.select(_H.event).where(_H.seq > int(seen)).limit(1)).first() is not None


def notice_mail(unit: Unit) -> list[Happening]:
    """What happened since the last look, which is kept with the caller's transaction; nothing at the very first."""
    seen, now = preferences.get(unit, _HITS), last_seq(unit)
    newest = unit.execute(sa.select(sa.func.max(_M.id))).scalar() or 0
    preferences.put(unit, _HITS, str(now))
    if not seen:
        preferences.put(unit, _FIRST, str(newest))
        preferences.put(unit, _LAST, str(newest))
        return []
    first, last = int(preferences.get(unit, _FIRST)), int(preferences.get(unit, _LAST))
    preferences.put(unit, _LAST, str(newest))
    return [*_fetched(unit, int(seen)), *_answered(unit, max(first, last - _OVERLAP))]


def _fetched(unit: Unit, seen: int) -> Sequence[Happening]:
    """Opens and clicks of people; each person's first open of a mail, and first click on each link."""
    query = (
        sa.select(_H.at, _H.reasons, _T.kind, _T.recipient, _T.link_id, _G.id.label("mail_id"), tracked_links.c.url)
        .add_columns(_O.message_id, _M.subject)
        .join(track_tokens, _T.token == _H.token)
        .join(tracked_mails, _G.id == _T.mail_id)
        .join(outgoing, _O.id == _G.outgoing_id)
        .outerjoin(messages, _M.id == _O.message_id)
        .outerjoin(tracked_links, tracked_links.c.id == _T.link_id)
        .where(_H.seq > seen, _H.who == Who.HUMAN.value, _G.mode == TrackingMode.INDIVIDUAL.value)
        .order_by(_H.at)
    )
    return [_fetch(row) for row in unit.execute(query)]


def _fetch(row: Any) -> Happening:
    clicked = row.kind == TokenKind.CLICK.value
    event = Event.CLICKED if clicked else Event.OPENED
    link = f":{row.link_id}" if clicked else ""
    mail = {"to": row.recipient, "subject": row.subject or "", "evidence": list(row.reasons)}
    data = {"mail": {**mail, **({"link": row.url} if clicked else {})}}
    return Happening(
        f"{event}:{row.mail_id}:{row.recipient}{link}", event, row.at, message_id=row.message_id, data=data
    )


def _answered(unit: Unit, after_id: int) -> Sequence[Happening]:
    """Mail from outside in a conversation in which a mail of ours went out before; no machine's."""
    earlier = (
        sa.select(_O.id)
        .join(sent := messages.alias(), sent.c.id == _O.message_id)
        .where(
            sent.c.thread_id == _M.thread_id,
            _O.state == DeliveryState.SENT.value,
            _O.sent_at < _M.received_at,
        )
    )
    query = sa.select(_M.id, _M.subject, _M.from_email, _M.received_at).where(
        _M.id > after_id,
        _M.direction == Direction.INCOMING.value,
        _M.verdict.not_in(_MACHINES),
        sa.exists(earlier),
    )
    return [
        _answer(row.id, row.subject, row.from_email, row.received_at) for row in unit.execute(query.order_by(_M.id))
    ]


def _answer(message_id: int, subject: str, sender: str, at: datetime) -> Happening:
    data = {"mail": {"from": sender, "subject": subject}}
    return Happening(f"{Event.REPLIED}:{message_id}", Event.REPLIED, at, message_id=message_id, data=data)

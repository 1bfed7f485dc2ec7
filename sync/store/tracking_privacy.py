"""What the law gives a person over what is known of their reading: a copy, an end of it; and how long it is kept.

7 days (1 in a count)   time cut to the minute (the day), network gone: what was judged is judged for good
30 days                 program and scanners' networks gone
retention               hits gone, tokens lead to their links and name nobody
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm_model.happenings import Event
from crm_model.tracking import Fetcher, TrackingMode
from sync.store import address_reports, consents
from sync.store.consents import Consent, Suppression
from sync.store.database import Unit
from sync.store.tables import happenings, messages, outgoing, track_hits, track_tokens, tracked_links, tracked_mails

_H, _T, _L, _M, _O = track_hits.c, track_tokens.c, tracked_links.c, tracked_mails.c, outgoing.c
_FINE, _FINE_IN_A_COUNT, _PROGRAMS = timedelta(days=7), timedelta(days=1), timedelta(days=30)
_MINUTE, _DAY = 60_000, 86_400_000


@dataclass(frozen=True, slots=True)
class TrackedToken:
    """A token of a person: in which mail, what it leads to."""

    mail: str
    sent_at: datetime | None
    kind: str
    url: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """A fetch of such a token, and what it was judged to be."""

    mail: str
    kind: str
    url: str
    at: datetime
    user_agent: str
    network: str
    who: str
    fetcher: str
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All that is known of an address by way of tracking."""

    address: str
    consents: tuple[Consent, ...]
    suppressions: tuple[Suppression, ...]
    tokens: tuple[TrackedToken, ...]
    events: tuple[TrackedEvent, ...]


def personal_data(unit: Unit, address: str) -> PersonalData:
    """A copy for the person, or for whoever answers them."""
    address = address.lower()
    return PersonalData(
        address=address,
        consents=consents.log_of(unit, address),
        suppressions=consents.suppressed(unit, [address]).get(address, ()),
        tokens=tuple(
            TrackedToken(row.subject or "", row.sent_at, row.kind, row.url or "", row.created_at, row.revoked_at)
            for row in unit.execute(_of(address, track_tokens).order_by(_T.created_at, _T.token))
        ),
        events=tuple(_event(row) for row in unit.execute(_events_of(address))),
    )


def is_known(unit: Unit, address: str) -> bool:
    """Whether `erase` would find anything."""
    theirs = sa.select(_T.token).where(_T.recipient == address.lower()).limit(1)
    if unit.execute(theirs).first() is not None:
        return True
    return bool(consents.log_of(unit, address.lower())) or address_reports.has_any(unit, address)


def erase(unit: Unit, address: str, now: datetime) -> int:
    """Delete what was recorded of a person, and whom their tokens name; how many hits that were.

    The links in old mail go on working. An end that they put to mail or tracking stays, as a hash.
    """
    address = address.lower()
    theirs = sa.select(_T.token).where(_T.recipient == address)
    count = unit.execute(track_hits.delete().where(_H.token.in_(theirs))).rowcount
    mails = sa.select(_T.mail_id).where(_T.recipient == address)
    ours = sa.select(_O.message_id).join(tracked_mails, _M.outgoing_id == _O.id).where(_M.id.in_(mails))
    told = (happenings.c.message_id.in_(ours), happenings.c.event.in_((Event.OPENED.value, Event.CLICKED.value)))
    unit.execute(happenings.delete().where(*told))
    unit.execute(tracked_mails.update().where(_M.id.in_(mails)).values(remark="", domain=""))
    gone = {"recipient": "", "revoked_at": sa.func.coalesce(_T.revoked_at, sa.literal(now, _T.revoked_at.type))}
    unit.execute(track_tokens.update().where(_T.recipient == address).values(**gone))
    consents.forget(unit, address)
    address_reports.forget(unit, address)
    return count


def purge(unit: Unit, now: datetime, retention: timedelta) -> int:
    """What is too old for what it says becomes coarser, then goes; how many hits went."""
    judged = (_H.who != "", _H.thinned.is_(False))
    counted = sa.select(_T.token).join(tracked_mails, _M.id == _T.mail_id)
    counted = counted.where(_M.mode == TrackingMode.AGGREGATE.value)
    for age, step, here in (
        (_FINE_IN_A_COUNT, _DAY, _H.token.in_(counted)),
        (_FINE, _MINUTE, _H.token.not_in(counted)),
    ):
        coarse = {"thinned": True, "at": _cut(step), "network": _but_for_scanners(_H.network)}
        unit.execute(track_hits.update().where(*judged, here, _H.at < now - age).values(**coarse))
    old = sa.and_(_H.at < now - _PROGRAMS, sa.or_(_H.user_agent != "", _H.network != ""))
    unit.execute(track_hits.update().where(old).values(user_agent="", network="", thinned=True))
    gone = unit.execute(track_hits.delete().where(_H.at < now - retention)).rowcount
    unit.execute(track_tokens.update().where(_T.created_at < now - retention, _T.recipient != "").values(recipient=""))
    unit.execute(tracked_mails.update().where(_M.created_at < now - retention).values(remark="", domain=""))
    return gone


def _cut(step: int) -> sa.ColumnElement[datetime]:
    """The hit's time without what is finer than `step` milliseconds."""
    at = sa.type_coerce(_H.at, sa.BigInteger)
    return sa.type_coerce(at - at % step, _H.at.type)


def _but_for_scanners(network: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """A scanner's network is no person's, and tells the next scan."""
    return sa.case((_H.fetcher == Fetcher.SCANNER.value, network), else_="")


def _of(address: str, first: sa.Table) -> sa.Select[Any]:
    query = sa.select(first, _L.url, messages.c.subject, _O.sent_at).select_from(track_tokens)
    query = query.outerjoin(tracked_links, _L.id == _T.link_id).join(tracked_mails, _M.id == _T.mail_id)
    query = query.join(outgoing, _O.id == _M.outgoing_id).outerjoin(messages, messages.c.id == _O.message_id)
    return query.where(_T.recipient == address)


def _events_of(address: str) -> sa.Select[Any]:
    return _of(address, track_hits).join(track_hits, _H.token == _T.token).order_by(_H.at, _H.event)


def _event(row: Any) -> TrackedEvent:
    return TrackedEvent(
        mail=row.subject or "",
        kind=row.kind,
        url=row.url or "",
        at=row.at,
        user_agent=row.user_agent,
        network=row.network,
        who=row.who,
        fetcher=row.fetcher,
        confidence=row.confidence,
        reasons=tuple(row.reasons),
    )

"""What came of mails of ours: their hits with verdicts, counted; and who wrote back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm_model.mail import DeliveryState, Direction
from crm_model.tracking import Fetcher, Hit, HitVerdict, TokenKind, TrackingMode, Who
from sync.hit_counts import count_hits
from sync.store import consents
from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.tables import messages, outgoing, track_hits, track_tokens, tracked_links, tracked_mails
from sync.tracking_views import Fact, HitView, HumanNews, MailTracking, PersonReading, SentMail

_H, _T, _L, _M, _O = track_hits.c, track_tokens.c, tracked_links.c, tracked_mails.c, outgoing.c
_HIT_COLUMNS = (
    *(_H.event, _H.kind, _H.at, _H.method, _H.user_agent, _H.network, _H.prefetch, _H.token),
    *(_H.who, _H.fetcher, _H.confidence, _H.reasons, _H.rules_version),
    *(_T.recipient, _T.honeypot, _L.words, _L.url),
)
_HITS = (
    sa.select(*_HIT_COLUMNS, _T.mail_id, _H.seq)
    .join(track_tokens, _T.token == _H.token)
    .outerjoin(tracked_links, _L.id == _T.link_id)
)


def of_messages(unit: Unit, message_ids: Collection[int]) -> dict[int, MailTracking]:
    """What is known of the reading of these messages, for those that somebody wanted followed or that were answered."""
    found: dict[int, MailTracking] = {}
    for some in batches(message_ids):
        query = sa.select(tracked_mails, _O.message_id).join(outgoing, _O.id == _M.outgoing_id)
        mails = unit.execute(query.where(_O.message_id.in_(some))).all()
        hits = _hits_of(unit, [row.id for row in mails])
        replies = _replies_to(unit, [row.message_id for row in mails])
        for row in mails:
            found[row.message_id] = _tracking(row, hits[row.id], replies.get(row.message_id))
    return found


def sent_mails(unit: Unit, limit: int) -> tuple[SentMail, ...]:
    """Mails that left from here, newest first."""
    query = (
        sa.select(_O.id, _O.message_id, _O.account, _O.sent_at, _O.recipients, messages.c.subject, messages.c.thread_id)
        .outerjoin(messages, messages.c.id == _O.message_id)
        .where(_O.state == DeliveryState.SENT.value, _O.sent_at.is_not(None))
        .order_by(_O.sent_at.desc(), _O.id.desc())
    )
    rows = unit.execute(query.limit(limit)).all()
    tracking = of_messages(unit, [row.message_id for row in rows if row.message_id is not None])
    return tuple(
        SentMail(
            id=row.id,
            message_id=row.message_id,
            thread_id=row.thread_id,
            account=row.account,
            to=", ".join(each[0] for each in row.recipients),
            subject=row.subject or "",
            sent_at=row.sent_at,
            tracking=tracking.get(row.message_id),
        )
        for row in rows
    )


def of_person(unit: Unit, address: str) -> PersonReading | None:
    """What is known of somebody; None where nothing is, which is most people."""
    address = address.lower()
    log, ended = consents.log_of(unit, address), consents.suppressed(unit, [address]).get(address, ())
    mails = unit.execute(sa.select(sa.func.count(_T.mail_id.distinct())).where(_T.recipient == address)).scalar_one()
    if not address or not (log or ended or mails):
        return None
    human = _HITS.where(_T.recipient == address, _H.who == Who.HUMAN.value).order_by(_H.at.desc())
    opened = unit.execute(human.where(_H.kind == TokenKind.OPEN.value).limit(1)).first()
    clicked = unit.execute(human.where(_H.kind == TokenKind.CLICK.value).limit(1)).first()
    newest = {each.purpose: (each.purpose, each.state, each.source, each.at) for each in log}
    return PersonReading(
        answers=tuple(newest.values()),
        ended=tuple(each.scope for each in ended),
        mails=mails,
        opened_at=opened.at if opened else None,
        clicked_at=clicked.at if clicked else None,
        clicked=_view(clicked, TrackingMode.INDIVIDUAL).link if clicked else "",
    )


def human_since(unit: Unit, seq: int, limit: int = 50) -> tuple[HumanNews, ...]:
    """Hits that became a person's after this place in the order of changes, in that order."""
    query = _HITS.add_columns(_M.mode, messages.c.thread_id, messages.c.subject)
    query = query.join(tracked_mails, _M.id == _T.mail_id).join(outgoing, _O.id == _M.outgoing_id)
    query = query.join(messages, messages.c.id == _O.message_id).where(_H.seq > seq).order_by(_H.seq, _H.at)
    return tuple(
        HumanNews(_view(row, TrackingMode(row.mode)), row.thread_id, row.subject, TrackingMode(row.mode), row.seq)
        for row in unit.execute(query.limit(limit))
    )


def _hits_of(unit: Unit, mail_ids: Collection[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for some in batches(mail_ids):
        for row in unit.execute(_HITS.where(_T.mail_id.in_(some)).order_by(_H.at, _H.event)):
            found[row.mail_id].append(row)
    return found


def _replies_to(unit: Unit, message_ids: Collection[int]) -> dict[int, Any]:
    """The first message that a recipient wrote after a mail, in its conversation, by the mail's message."""
    ours, theirs = messages.alias("ours"), messages.alias("theirs")
    found: dict[int, Any] = {}
    for some in batches(message_ids):
        query = (
            sa.select(ours.c.id, _O.recipients, theirs.c.id.label("reply"), theirs.c.received_at, theirs.c.from_email)
            .join(theirs, theirs.c.thread_id == ours.c.thread_id)
            .join(outgoing, _O.message_id == ours.c.id)
            .where(ours.c.id.in_(some), theirs.c.direction == Direction.INCOMING.value)
            .where(theirs.c.received_at > _O.sent_at, theirs.c.verdict.not_in(("auto_reply", "bounce")))
            .order_by(theirs.c.received_at)
        )
        for row in unit.execute(query):
            if row.from_email in {each[0].lower() for each in row.recipients}:
                found.setdefault(row.id, row)
    return found


def _tracking(mail: Any, rows: Sequence[Any], reply: Any) -> MailTracking:
    mode = TrackingMode(mail.mode)
    views = tuple(_view(row, mode) for row in rows)
    counts = count_hits(_judged(row) for row in rows if row.who)
    if mode is TrackingMode.AGGREGATE:
        opened_at, clicked_at = (tuple(map(_day, each)) for each in (counts.opened_at, counts.clicked_at))
        counts = replace(counts, opened_at=opened_at, clicked_at=clicked_at)
    replied = None
    if reply is not None:
        replied = Fact(Who.HUMAN, reply.received_at, (f"{reply.from_email} wrote message {reply.reply}",))
    return MailTracking(
        wanted=TrackingMode(mail.wanted),
        mode=mode,
        basis=mail.basis,
        remark=mail.remark,
        counts=counts,
        hits=views,
        opened=_fact(views, TokenKind.OPEN),
        clicked=_fact(views, TokenKind.CLICK),
        replied=replied,
        reply=None if reply is None else reply.reply,
    )


def _fact(views: Sequence[HitView], kind: TokenKind) -> Fact | None:
    """The best that hits of a kind say: a person's before an unclear one, that before a machine's; our own say nothing.

    A person's click is a look as well.
    """
    foreign = [each for each in views if each.fetcher is not Fetcher.OURSELVES]
    wanted = [each for each in foreign if each.kind is kind]
    if kind is TokenKind.OPEN and not any(each.who is Who.HUMAN for each in wanted):
        wanted += [each for each in foreign if each.kind is TokenKind.CLICK and each.who is Who.HUMAN]
    for who in (Who.HUMAN, Who.UNKNOWN, Who.MACHINE):
        best = next((each for each in wanted if each.who is who), None)
        if best is not None:
            return Fact(who, best.at, best.reasons)
    return None


def _view(row: Any, mode: TrackingMode) -> HitView:
    """Of a count the day alone is shown, and nothing of where and by what it was fetched."""
    counted = mode is TrackingMode.AGGREGATE
    return HitView(
        id=row.event,
        kind=TokenKind(row.kind),
        at=_day(row.at) if counted else row.at,
        who=Who(row.who or Who.UNKNOWN),
        fetcher=Fetcher(row.fetcher or Fetcher.UNCLEAR),
        confidence=row.confidence,
        reasons=tuple(row.reasons),
        recipient=row.recipient,
        link="a link that no person sees" if row.honeypot else row.words or row.url or "",
        url=row.url or "",
        program="" if counted else row.user_agent,
        network="" if counted else row.network,
    )


def _day(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _judged(row: Any) -> tuple[Hit, HitVerdict]:
    at: datetime = row.at
    hit = Hit(
        row.event, row.token, TokenKind(row.kind), at, row.method, row.user_agent, row.network, prefetch=row.prefetch
    )
    reasons = tuple(row.reasons)
    return hit, HitVerdict(Who(row.who), Fetcher(row.fetcher), row.confidence, reasons, row.rules_version)

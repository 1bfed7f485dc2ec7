"""What may be followed of a mail of ours: its tokens and links, and why it is not more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crm_model.safe_text import safe_line
from crm_model.tracking import Token, TokenKind, TrackingMode
from sync.store.batches import batches, insert_many
from sync.store.database import Unit
from sync.store.tables import track_tokens, tracked_links, tracked_mails

_M, _L, _T = tracked_mails.c, tracked_links.c, track_tokens.c


@dataclass(frozen=True, slots=True)
class TrackedLink:
    """A link of a mail: its place among them from 0, where it leads, what the reader sees of it."""

    position: int
    url: str
    words: str


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A token and the place of its link, None for the pixel and the page of wishes."""

    token: Token
    position: int | None = None


@dataclass(frozen=True, slots=True)
class NewTracking:
    """How a mail is followed: what its writer `wanted`, the `mode` that is lawful, its `basis`, and a remark on it.

    `domain` is the one that it goes to, "" for several.
    """

    wanted: TrackingMode
    mode: TrackingMode
    basis: str = ""
    remark: str = ""
    domain: str = ""
    links: tuple[TrackedLink, ...] = ()
    tokens: tuple[MintedToken, ...] = ()


def keep(unit: Unit, outgoing_id: int, new: NewTracking, now: datetime) -> list[str]:
    """Keep how a mail is followed, in place of what was kept; the tokens that no mail holds any more."""
    stale = sa.select(_T.token).join(tracked_mails, _M.id == _T.mail_id).where(_M.outgoing_id == outgoing_id)
    gone = list(unit.execute(stale).scalars())
    unit.execute(tracked_mails.delete().where(_M.outgoing_id == outgoing_id))
    values = {"wanted": new.wanted.value, "mode": new.mode.value, "basis": new.basis, "domain": new.domain}
    row = tracked_mails.insert().values(outgoing_id=outgoing_id, remark=safe_line(new.remark), created_at=now, **values)
    mail_id = int(unit.execute(row.returning(_M.id)).scalar_one())
    links = {
        each.position: int(
            unit.execute(
                tracked_links.insert()
                .values(mail_id=mail_id, position=each.position, url=each.url, words=safe_line(each.words))
                .returning(_L.id)
            ).scalar_one()
        )
        for each in new.links
    }
    insert_many(unit, track_tokens, [_token_row(each, mail_id, links, now) for each in new.tokens])
    return gone


def links_of(unit: Unit, outgoing_id: int) -> tuple[TrackedLink, ...]:
    """The links of a mail that are followed, in their order."""
    query = sa.select(tracked_links).join(tracked_mails, _M.id == _L.mail_id).where(_M.outgoing_id == outgoing_id)
    return tuple(TrackedLink(row.position, row.url, row.words) for row in unit.execute(query.order_by(_L.position)))


def tokens_of(unit: Unit, outgoing_id: int) -> tuple[Token, ...]:
    """The tokens that stand in a mail."""
    query = (
        sa.select(track_tokens, _L.url)
        .join(tracked_mails, _M.id == _T.mail_id)
        .outerjoin(tracked_links, _L.id == _T.link_id)
        .where(_M.outgoing_id == outgoing_id)
        .order_by(_T.created_at, _T.token)
    )
    return tuple(
        Token(row.token, TokenKind(row.kind), row.url or "", row.recipient, row.honeypot) for row in unit.execute(query)
    )


def recipients_of(unit: Unit, tokens: Collection[str]) -> dict[str, str]:
    """Whose these tokens are, "" where they are everybody's; unknown ones are left out."""
    found: dict[str, str] = {}
    for some in batches(tokens):
        rows = unit.execute(sa.select(_T.token, _T.recipient).where(_T.token.in_(some)))
        found.update((row.token, row.recipient) for row in rows)
    return found


def revoke(unit: Unit, address: str, kinds: Sequence[TokenKind], now: datetime) -> None:
    """From now on nothing is recorded of these tokens of a person; the outpost is told by whoever asks `untold`."""
    here = (_T.recipient == address, _T.kind.in_([kind.value for kind in kinds]), _T.revoked_at.is_(None))
    unit.execute(track_tokens.update().where(*here).values(revoked_at=now))


def revoke_mail_of(unit: Unit, token: str, kinds: Sequence[TokenKind], now: datetime) -> None:
    """The same for all such tokens of the mail that this one stands in."""
    mail = sa.select(_T.mail_id).where(_T.token == token).scalar_subquery()
    here = (_T.mail_id == mail, _T.kind.in_([kind.value for kind in kinds]), _T.revoked_at.is_(None))
    unit.execute(track_tokens.update().where(*here).values(revoked_at=now))


def untold(unit: Unit, limit: int = 500) -> list[str]:
    """Revoked tokens of which the outpost does not know that yet."""
    query = sa.select(_T.token).where(_T.revoked_at.is_not(None), _T.told_at.is_(None))
    return list(unit.execute(query.order_by(_T.revoked_at).limit(limit)).scalars())


def told(unit: Unit, tokens: Collection[str], now: datetime) -> None:
    """The outpost knows that these are revoked."""
    for some in batches(tokens):
        unit.execute(track_tokens.update().where(_T.token.in_(some)).values(told_at=now))


def _token_row(minted: MintedToken, mail_id: int, links: dict[int, int], now: datetime) -> dict[str, object]:
    return {
        "token": minted.token.token,
        "mail_id": mail_id,
        "link_id": None if minted.position is None else links[minted.position],
        "kind": minted.token.kind.value,
        "recipient": minted.token.recipient,
        "honeypot": minted.token.honeypot,
        "created_at": now,
    }

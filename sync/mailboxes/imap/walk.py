"""A pass through one IMAP folder: new mail first, upwards, then the backlog downwards."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from crm_model.errors import CursorExpired
from sync.mailboxes.contract import HEAD_BYTES, PAGE_BYTES, PAGE_MESSAGES, KnownIds, MailPage
from sync.mailboxes.idsets import PackedNumbers
from sync.mailboxes.imap.bodies import Batch, fetch_batch, fetch_sizes
from sync.mailboxes.imap.cursor import Cursor
from sync.mailboxes.imap.flags import Flags, changed_flags
from sync.mailboxes.imap.replies import Status
from sync.mailboxes.imap.session import Session

_KNOWN_BATCH = 5_000
_SIZES_AHEAD = 1_000


@dataclass(slots=True)
class Walk:
    """What is still to be fetched. `fresh` is descending and `backlog` ascending: both are taken from the end.

    `text` is the cursor that continues this walk; `present` is kept for its last page.
    """

    raw: bytes
    cursor: Cursor
    fresh: array[int]
    backlog: array[int]
    total: int
    uidnext: int
    flags: Flags = field(default_factory=dict)
    present: Collection[str] | None = None
    sizes: dict[int, int] = field(default_factory=dict)
    text: str = ""


def begin_walk(
    session: Session, raw: bytes, cursor: Cursor | None, known: KnownIds, *, months: int, since: datetime | None
) -> Walk:
    """Open the folder and find out what is to be done. Errors: CursorExpired, NotFound, Unreachable."""
    status = session.examine(raw)
    uidvalidity = status.uidvalidity or 0
    if cursor is not None and cursor.uidvalidity != uidvalidity:
        session.drop()  # spurious changes have been seen: believe it only if a new connection says so too
        status = session.examine(raw)
        uidvalidity = status.uidvalidity or 0
        if cursor.uidvalidity != uidvalidity:
            raise CursorExpired("The server has renumbered the folder (UIDVALIDITY): it is read anew.")
    if cursor is not None and cursor.is_complete and cursor.months == months:
        return _follow(session, raw, cursor, status)
    return _enumerate(session, raw, cursor, status=status, known=known, months=months, since=since)


def _follow(session: Session, raw: bytes, cursor: Cursor, status: Status) -> Walk:
    """After a complete first pass: new uids, changed flags, and a full list only if messages went away."""
    flags, cursor = changed_flags(session, cursor, status)
    # "n:*" answers at least the last message, even below n (RFC 3501 6.4.8).
    fresh = array("Q", [uid for uid in session.search(f"UID {cursor.high + 1}:*") if uid > cursor.high])
    count = status.messages or 0
    walk = Walk(raw, cursor, fresh[::-1], array("Q"), cursor.messages + len(fresh), status.uidnext or 0, flags)
    if cursor.messages + len(fresh) != count:
        everything = session.all_uids(raw)
        walk.present = PackedNumbers(everything)
        walk.fresh = everything[bisect_right(everything, cursor.high) :][::-1]
        walk.total = len(everything)
    return walk


def _enumerate(
    session: Session,
    raw: bytes,
    cursor: Cursor | None,
    *,
    status: Status,
    known: KnownIds,
    months: int,
    since: datetime | None,
) -> Walk:
    """A first pass, or what is left of one: every uid is listed and the store says what it has of the backlog."""
    everything = session.all_uids(raw)
    wanted = everything if since is None else session.all_uids(raw, _since(since))
    top = everything[-1] if everything else 0
    modseq = status.modseq
    if cursor is None or cursor.months != months:
        high = max(cursor.high if cursor else 0, top)
        flags: Flags = {}
        cursor = Cursor(status.uidvalidity or 0, high + 1, high, 0, 0, modseq, months=months)
    else:
        flags, cursor = changed_flags(session, cursor, status)
    fresh = everything[bisect_right(everything, cursor.high) :]
    backlog = _unknown(wanted[: bisect_left(wanted, cursor.low)], known)
    cursor = replace(cursor, messages=len(everything) - len(fresh))
    return Walk(
        raw, cursor, fresh[::-1], backlog, len(everything), status.uidnext or 0, flags, PackedNumbers(everything)
    )


def listed_uids(session: Session, raw: bytes, since: datetime | None) -> tuple[str, array[int]]:
    """Generation and every uid that the folder holds now, within the backfill. Errors: NotFound, Unreachable."""
    generation = str(session.examine(raw).uidvalidity or 0)
    return generation, session.all_uids(raw, _since(since) if since is not None else "")


def _since(day: datetime) -> str:
    """The SEARCH key; months have English names whatever the locale."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"SINCE {day.day}-{months[day.month - 1]}-{day.year}"


def _unknown(uids: array[int], known: KnownIds) -> array[int]:
    unknown = array("Q")
    for start in range(0, len(uids), _KNOWN_BATCH):
        batch = [str(uid) for uid in uids[start : start + _KNOWN_BATCH]]
        held = known(batch)
        unknown.extend(int(uid) for uid in batch if uid not in held)
    return unknown


def next_page(session: Session, walk: Walk) -> MailPage:
    """Fetch a page; the walk's cursor then stands behind it."""
    if not session.is_selected(walk.raw):
        session.examine(walk.raw)
    upwards = bool(walk.fresh)
    uids = _plan(session, walk, walk.fresh if upwards else walk.backlog)
    batch = fetch_batch(session, walk.raw, sorted(uids)) if uids else Batch()
    _advance(walk, uids, upwards)
    more = bool(walk.fresh or walk.backlog)
    if not more:
        walk.cursor = replace(walk.cursor, low=1, messages=walk.total, uidnext=walk.uidnext)
    walk.text = walk.cursor.to_text()
    flags, walk.flags = walk.flags, {}
    return MailPage(
        generation=str(walk.cursor.uidvalidity),
        messages=[batch.messages[uid] for uid in uids if uid in batch.messages],
        cursor=walk.text,
        more=more,
        remaining=len(walk.fresh) + len(walk.backlog),
        present=None if more else walk.present,
        flags=flags,
        failed={str(uid): sentence for uid, sentence in batch.failed.items()},
    )


def _plan(session: Session, walk: Walk, pending: array[int]) -> list[int]:
    """Take the next uids that fit in a page off the end of `pending`; a size that nobody knows counts as the most."""
    uids: list[int] = []
    room = PAGE_BYTES
    while pending and len(uids) < PAGE_MESSAGES:
        uid = pending[-1]
        if uid not in walk.sizes:
            _measure(session, walk, pending[-_SIZES_AHEAD:])
        room -= min(walk.sizes[uid], HEAD_BYTES)
        if room < 0 and uids:
            break
        del walk.sizes[uid]
        uids.append(pending.pop())
    return uids


def _measure(session: Session, walk: Walk, ahead: Sequence[int]) -> None:
    walk.sizes.clear()
    if len(ahead) <= PAGE_BYTES // HEAD_BYTES:  # they fit in a page however large they are: spare the question
        walk.sizes.update(dict.fromkeys(ahead, HEAD_BYTES))
        return
    uids = sorted(ahead)
    while uids:
        sizes, taken = fetch_sizes(session, walk.raw, uids)
        walk.sizes.update((uid, sizes.get(uid, HEAD_BYTES)) for uid in uids[:taken])
        uids = uids[taken:]


def _advance(walk: Walk, uids: Sequence[int], upwards: bool) -> None:
    if not uids:
        return
    cursor = walk.cursor
    if upwards:
        walk.cursor = replace(cursor, high=uids[-1], messages=cursor.messages + len(uids))
    else:
        walk.cursor = replace(cursor, low=uids[-1])

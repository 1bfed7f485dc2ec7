"""A pass through one IMAP folder: new mail first, upwards, then the backlog downwards."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from crm_model.errors import CursorExpired
from sync.mailboxes.contract import HEAD_BYTES, PAGE_BYTES, PAGE_MESSAGES, KnownIds, MailPage, Recall, Sighting
from sync.mailboxes.idsets import PackedNumbers
from sync.mailboxes.imap.bodies import Batch, fetch_batch, look_at
from sync.mailboxes.imap.cursor import Cursor
from sync.mailboxes.imap.flags import Changes, Flags, changes_since
from sync.mailboxes.imap.replies import Fetched, Status
from sync.mailboxes.imap.session import Session
from sync.mailboxes.imap.uidsets import uid_sets

_KNOWN_BATCH = 5_000
_SIZES_AHEAD = 1_000
_SIGHTINGS = 1_000
_SIZES = "(UID RFC822.SIZE)"
_SIGHTS = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a pass is asked for: whom to ask what the store has, and how far back to go.

    `uidnext` is what STATUS told before the folder was opened: Courier does not tell it then.
    """

    known: KnownIds
    recall: Recall | None = None
    months: int = 0
    since: datetime | None = None
    uidnext: int | None = None


@dataclass(slots=True)
class Walk:
    """What is still to be fetched. `fresh` is descending and `backlog` ascending: both are taken from the end.

    `text` is the cursor that continues this walk; `present` is kept for its last page.
    """

    raw: bytes
    terms: Terms
    cursor: Cursor
    fresh: array[int]
    backlog: array[int]
    total: int
    uidnext: int
    flags: Flags = field(default_factory=dict)
    removed: Sequence[str] = ()
    present: Collection[str] | None = None
    sizes: dict[int, int] = field(default_factory=dict)
    sighted: dict[int, Sighting] = field(default_factory=dict)
    text: str = ""


def begin_walk(session: Session, raw: bytes, cursor: Cursor | None, terms: Terms) -> Walk:
    """Open the folder and find out what is to be done. Errors: CursorExpired, NotFound, Unreachable."""
    status = session.examine(raw)
    if cursor is not None and cursor.uidvalidity != (status.uidvalidity or 0):
        session.drop()  # spurious changes have been seen: believe it only if a new connection says so too
        status = session.examine(raw)
        if cursor.uidvalidity != (status.uidvalidity or 0):
            raise CursorExpired("The server has renumbered the folder (UIDVALIDITY): its messages are recognised anew.")
    if cursor is not None and cursor.is_complete and cursor.months == terms.months:
        return _follow(session, raw, cursor, status, terms)
    return _enumerate(session, raw, cursor, status, terms)


def _follow(session: Session, raw: bytes, cursor: Cursor, status: Status, terms: Terms) -> Walk:
    """After a complete first pass: new uids, changes, and a full list only where the count doesn't come out."""
    changes, cursor = changes_since(session, cursor, status)
    # "n:*" answers at least the last message, even below n (RFC 3501 6.4.8).
    fresh = array("Q", [uid for uid in session.search(f"UID {cursor.high + 1}:*") if uid > cursor.high])
    removed = terms.known([str(uid) for uid in changes.removed]) if changes.removed else set()
    uidnext = status.uidnext or terms.uidnext or 0
    walk = Walk(raw, terms, cursor, fresh[::-1], array("Q"), 0, uidnext, changes.flags, sorted(removed))
    walk.total = cursor.messages - len(removed) + len(fresh)
    if walk.total != (status.messages or 0):
        everything = session.all_uids(raw)
        walk.present = PackedNumbers(everything)
        walk.fresh = everything[bisect_right(everything, cursor.high) :][::-1]
        walk.total = len(everything)
    return walk


def _enumerate(session: Session, raw: bytes, cursor: Cursor | None, status: Status, terms: Terms) -> Walk:
    """A first pass, or what is left of one: every uid is listed and the store says what it has of the backlog."""
    everything = session.all_uids(raw)
    wanted = everything if terms.since is None else session.all_uids(raw, _since(terms.since))
    top = everything[-1] if everything else 0
    changes, is_first = Changes(), cursor is None
    if cursor is not None:
        changes, cursor = changes_since(session, cursor, status)
    if cursor is None or cursor.months != terms.months:
        high = max(cursor.high if cursor else 0, top)
        cursor = Cursor(status.uidvalidity or 0, high + 1, high, 0, 0, status.modseq, months=terms.months)
    fresh = everything[bisect_right(everything, cursor.high) :]
    backlog, held = _by_knowledge(wanted[: bisect_left(wanted, cursor.low)], terms.known)
    cursor = replace(cursor, messages=len(everything) - len(fresh))
    # Without a cursor nobody knows since when the flags of what the store has are out of date.
    flags = _flags_of(session, held) if is_first else changes.flags
    uidnext = status.uidnext or terms.uidnext or 0
    walk = Walk(raw, terms, cursor, fresh[::-1], backlog, len(everything), uidnext, flags)
    walk.present = PackedNumbers(everything)
    return walk


def listed_uids(session: Session, raw: bytes, since: datetime | None) -> tuple[str, array[int]]:
    """Generation and every uid that the folder holds now, within the backfill. Errors: NotFound, Unreachable."""
    generation = str(session.examine(raw).uidvalidity or 0)
    return generation, session.all_uids(raw, _since(since) if since is not None else "")


def _since(day: datetime) -> str:
    """The SEARCH key; months have English names whatever the locale."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"SINCE {day.day}-{months[day.month - 1]}-{day.year}"


def _by_knowledge(uids: array[int], known: KnownIds) -> tuple[array[int], array[int]]:
    """The uids that the store does not know, and those that it does."""
    unknown, held = array("Q"), array("Q")
    for start in range(0, len(uids), _KNOWN_BATCH):
        batch = uids[start : start + _KNOWN_BATCH]
        among = known([str(uid) for uid in batch])
        for uid in batch:
            (held if str(uid) in among else unknown).append(uid)
    return unknown, held


def _flags_of(session: Session, uids: Sequence[int]) -> Flags:
    found = (each for text in uid_sets(uids) for each in session.fetch(text, "(UID FLAGS)"))
    return {str(each.uid): each.flags for each in found if each.flags is not None}


def next_page(session: Session, walk: Walk) -> MailPage:
    """Fetch a page; the walk's cursor then stands behind it."""
    if not session.is_selected(walk.raw):
        session.examine(walk.raw)
    upwards = bool(walk.fresh)
    plan = _plan(session, walk, walk.fresh if upwards else walk.backlog)
    uids = list(plan.sizes)
    batch = fetch_batch(session, walk.raw, sorted(uids), plan.sizes) if uids else Batch()
    _advance(walk, plan, upwards)
    more = bool(walk.fresh or walk.backlog)
    if not more:
        walk.cursor = replace(walk.cursor, low=1, messages=walk.total, uidnext=walk.uidnext)
    walk.text = walk.cursor.to_text()
    flags, walk.flags = walk.flags, {}
    removed, walk.removed = walk.removed, ()
    return MailPage(
        generation=str(walk.cursor.uidvalidity),
        messages=[batch.messages[uid] for uid in uids if uid in batch.messages],
        cursor=walk.text,
        more=more,
        remaining=len(walk.fresh) + len(walk.backlog),
        removed=removed,
        present=None if more else walk.present,
        flags=flags,
        failed={str(uid): sentence for uid, sentence in batch.failed.items()},
        sightings=plan.sightings,
    )


@dataclass(slots=True)
class _Plan:
    """A page to come: uids with their sizes as they are taken, and messages that need no fetching."""

    sizes: dict[int, int] = field(default_factory=dict)
    sightings: list[Sighting] = field(default_factory=list)
    last: int = 0

    @property
    def count(self) -> int:
        return len(self.sizes) + len(self.sightings)


def _plan(session: Session, walk: Walk, pending: array[int]) -> _Plan:
    """Take the next uids that fit in a page off the end of `pending`; a size that nobody knows counts as the most."""
    plan, room = _Plan(), PAGE_BYTES
    while pending and len(plan.sizes) < PAGE_MESSAGES and len(plan.sightings) < _SIGHTINGS:
        uid = pending[-1]
        if uid not in walk.sizes:
            _measure(session, walk, pending[-_SIZES_AHEAD:])
        if uid in walk.sighted:
            plan.sightings.append(walk.sighted.pop(uid))
        else:
            room -= min(walk.sizes[uid], HEAD_BYTES)
            if room < 0 and plan.sizes:
                break
            plan.sizes[uid] = walk.sizes[uid]
        del walk.sizes[uid]
        plan.last = pending.pop()
    return plan


def _measure(session: Session, walk: Walk, ahead: Sequence[int]) -> None:
    walk.sizes.clear()
    walk.sighted.clear()
    recall = walk.terms.recall
    uids, seen = sorted(ahead), list[Fetched]()
    while uids:
        some, taken = look_at(session, walk.raw, uids, _SIGHTS if recall is not None else _SIZES)
        walk.sizes.update(dict.fromkeys(uids[:taken], HEAD_BYTES))
        seen += some
        uids = uids[taken:]
    walk.sizes.update((each.uid, each.size) for each in seen if each.size is not None and each.uid in walk.sizes)
    if recall is not None:
        sights = {each.uid: _sighting(each) for each in seen if each.message_id and each.uid in walk.sizes}
        known = recall(list(sights.values()))
        walk.sighted.update((uid, sight) for uid, sight in sights.items() if sight.uid in known)


def _sighting(fetched: Fetched) -> Sighting:
    flags = fetched.flags or frozenset()
    return Sighting(str(fetched.uid), fetched.message_id, fetched.size or 0, fetched.received_at, flags)


def _advance(walk: Walk, plan: _Plan, upwards: bool) -> None:
    if not plan.count:
        return
    cursor = walk.cursor
    if upwards:
        walk.cursor = replace(cursor, high=plan.last, messages=cursor.messages + plan.count)
    else:
        walk.cursor = replace(cursor, low=plan.last)

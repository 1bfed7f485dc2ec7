"""Fetching whole messages in batches, and what to do about those that a server can't deliver."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from crm_model.errors import Unreachable
from crm_model.mail import RawMessage
from sync.mailboxes.contract import HEAD_BYTES
from sync.mailboxes.imap.errors import Refused
from sync.mailboxes.imap.replies import Fetched
from sync.mailboxes.imap.session import Session

_ITEMS = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{HEAD_BYTES}>)"
_SET_CHARACTERS = 4_000
"""Servers cut command lines at 8 kB or less (RFC 7162 4); Office 365 has been seen to at 4 kB."""

_BROKEN_CONNECTIONS = 12
"""Enough to close in on one message out of 200 that makes a server drop the connection."""


@dataclass(slots=True)
class Batch:
    """What became of some uids: the messages, and those that can't be had now with a sentence. The rest is gone."""

    messages: dict[int, RawMessage] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)


def uid_set(uids: Sequence[int]) -> tuple[str, int]:
    """As many of the ascending `uids` as fit in a command, written with ranges, and how many those are."""
    parts: list[str] = []
    length = taken = 0
    while taken < len(uids):
        last = taken
        while last + 1 < len(uids) and uids[last + 1] == uids[last] + 1:
            last += 1
        part = str(uids[taken]) if last == taken else f"{uids[taken]}:{uids[last]}"
        length += len(part) + 1
        if length > _SET_CHARACTERS:
            break
        parts.append(part)
        taken = last + 1
    return ",".join(parts), taken


def fetch_sizes(session: Session, raw: bytes, uids: Sequence[int]) -> tuple[dict[int, int], int]:
    """Sizes in bytes of the first of the ascending `uids`, and how many of them were asked for. Errors: Unreachable."""
    text, taken = uid_set(uids)
    try:
        fetched = _fetch_revived(session, raw, text)
    except Refused:  # one message of a kind that the server can't even measure: the page takes its chances
        return {}, taken
    return {each.uid: each.size for each in fetched if each.size is not None}, taken


def _fetch_revived(session: Session, raw: bytes, text: str) -> list[Fetched]:
    """Between two pages a server may have grown tired of waiting: one new connection is tried."""
    try:
        return session.fetch(text, "(UID RFC822.SIZE)")
    except Unreachable:
        session.examine(raw)
        return session.fetch(text, "(UID RFC822.SIZE)")


def fetch_batch(session: Session, raw: bytes, uids: Sequence[int]) -> Batch:
    """Messages of the open folder `raw`, halving what the server refuses. Errors: Unreachable, NotFound."""
    batch, broken = Batch(), 0
    stack = [list(uids)]
    while stack:
        some = stack.pop()
        try:
            _keep(batch, session.fetch(uid_set(some)[0], _ITEMS), some)
        except Refused as error:
            reason = str(error)
        except Unreachable as error:
            broken += 1
            if broken > _BROKEN_CONNECTIONS:
                raise
            reason = str(error)
            session.examine(raw)
        else:
            continue
        if len(some) == 1:
            batch.failed[some[0]] = reason
        else:
            middle = len(some) // 2
            stack += [some[middle:], some[:middle]]
    _ask_again(session, batch, [uid for uid in uids if uid not in batch.messages and uid not in batch.failed])
    return batch


def _keep(batch: Batch, fetched: list[Fetched], wanted: Sequence[int]) -> None:
    among = set(wanted)
    for each in fetched:
        if each.uid in among and each.body is not None and (each.body or each.size == 0):
            batch.messages[each.uid] = _message(each, each.body)


def _message(fetched: Fetched, body: bytes) -> RawMessage:
    # RFC822.SIZE is approximate on Exchange: only a full head can be a cut one.
    truncated = len(body) >= HEAD_BYTES and (fetched.size or 0) > len(body)
    return RawMessage(
        uid=str(fetched.uid),
        data=body[:HEAD_BYTES],
        size=fetched.size or 0 if truncated else len(body),
        flags=fetched.flags or frozenset(),
        received_at=fetched.received_at,
        truncated=truncated or len(body) > HEAD_BYTES,
    )


def _ask_again(session: Session, batch: Batch, missing: Sequence[int]) -> None:
    """One more try, one by one, for messages that exist but came without text (iCloud, Yahoo)."""
    if not missing:
        return
    for uid in still_there(session, missing):
        try:
            _keep(batch, session.fetch(str(uid), _ITEMS), [uid])
        except Refused as error:
            batch.failed[uid] = str(error)
        if uid not in batch.messages:
            batch.failed.setdefault(uid, "The mail server gave no text for this message.")


def still_there(session: Session, uids: Sequence[int]) -> array[int]:
    """Those of the ascending `uids` that the open folder holds."""
    found, start = array("Q"), 0
    while start < len(uids):
        text, taken = uid_set(uids[start:])
        found.extend(session.search(f"UID {text}"))
        start += taken
    return found

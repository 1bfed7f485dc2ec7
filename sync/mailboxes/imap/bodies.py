"""Fetching messages in batches, and what to do about those that a server can't deliver."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from crm_model.errors import Unreachable
from crm_model.mail import RawMessage
from sync.mailboxes.contract import HEAD_BYTES
from sync.mailboxes.imap.errors import Refused
from sync.mailboxes.imap.replies import Fetched
from sync.mailboxes.imap.session import Session
from sync.mailboxes.imap.texts import fetch_texts
from sync.mailboxes.imap.uidsets import uid_set

_ITEMS = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{HEAD_BYTES}>)"
WHOLE_BYTES = 24 * 1024
"""A smaller message is fetched as it is: asking for its structure first would cost more than its attachments."""

_BROKEN_CONNECTIONS = 12
"""Enough to close in on one message out of 200 that makes a server drop the connection."""


@dataclass(slots=True)
class Batch:
    """What became of some uids: the messages, and those that can't be had now with a sentence. The rest is gone."""

    messages: dict[int, RawMessage] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)


def look_at(session: Session, raw: bytes, uids: Sequence[int], items: str) -> tuple[list[Fetched], int]:
    """`items` of the first of the ascending `uids`, and how many of them were asked for. Errors: Unreachable."""
    text, taken = uid_set(uids)
    try:
        return _fetch_revived(session, raw, text, items), taken
    except Refused:  # one message of a kind that the server can't even measure: the page takes its chances
        return [], taken


def _fetch_revived(session: Session, raw: bytes, text: str, items: str) -> list[Fetched]:
    """Between two pages a server may have grown tired of waiting: one new connection is tried."""
    try:
        return session.fetch(text, items)
    except Unreachable:
        session.examine(raw)
        return session.fetch(text, items)


def fetch_batch(session: Session, raw: bytes, uids: Sequence[int], sizes: Mapping[int, int] | None = None) -> Batch:
    """Messages of the open folder `raw`; of large ones (by `sizes`) the texts alone, without attachments.

    What the server refuses or breaks off at is halved until the bad message is found. Errors: Unreachable, NotFound.
    """
    batch, known, patience = Batch(), sizes or {}, _Patience()
    large = [uid for uid in uids if known.get(uid, 0) > WHOLE_BYTES]
    _isolate(session, raw, large, lambda some: batch.messages.update(fetch_texts(session, some)), patience)
    whole = [uid for uid in uids if uid not in batch.messages]

    def fetch_whole(some: Sequence[int]) -> None:
        _keep(batch, session.fetch(uid_set(some)[0], _ITEMS), some)

    batch.failed.update(_isolate(session, raw, whole, fetch_whole, patience))
    _ask_again(session, batch, [uid for uid in uids if uid not in batch.messages and uid not in batch.failed])
    return batch


@dataclass(slots=True)
class _Patience:
    """How many broken connections a page may cost: after that the server is down, no message bad."""

    left: int = _BROKEN_CONNECTIONS

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


def _isolate(
    session: Session,
    raw: bytes,
    uids: Sequence[int],
    fetch: Callable[[Sequence[int]], None],
    patience: _Patience,
) -> dict[int, str]:
    """Call `fetch` for all of `uids`, for fewer where it fails; those that fail alone, with the reason."""
    failed: dict[int, str] = {}
    stack = [list(uids)] if uids else []
    while stack:
        some = stack.pop()
        try:
            fetch(some)
        except Refused as error:
            reason = str(error)
        except Unreachable as error:
            if not patience.spend():
                raise
            reason = str(error)
            session.examine(raw)
        else:
            continue
        if len(some) == 1:
            failed[some[0]] = reason
        else:
            middle = len(some) // 2
            stack += [some[middle:], some[:middle]]
    return failed


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

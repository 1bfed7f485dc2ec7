"""Archiving, reading, splitting and joining conversations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crm_model.errors import NotFound, Rejected
from crm_model.mail import MailboxChange, MailboxChangeKind
from sync.edits.edit import Edit, edit, shortened
from sync.edits.linking import log
from sync.edits.touches import forget
from sync.store import links, mailbox_changes, thread_wishes
from sync.store.conversations import surviving_thread
from sync.store.database import Store
from sync.store.mail import SEEN
from sync.store.thread_summary import refresh_threads


def archive_thread(store: Store, thread_id: int, author: str) -> int:
    """Put a conversation out of sight."""
    return _set_archived(store, thread_id, author, archived=True)


def unarchive_thread(store: Store, thread_id: int, author: str) -> int:
    """Bring a conversation back into sight."""
    return _set_archived(store, thread_id, author, archived=False)


def _set_archived(store: Store, thread_id: int, author: str, *, archived: bool) -> int:
    with edit(store, "archive" if archived else "unarchive", author) as making:
        put_away(making, surviving_thread(making.unit, thread_id), archived=archived)
    return making.action_id


def put_away(making: Edit, thread_id: int, *, archived: bool = True) -> bool:
    """Archive, or bring back, within an edit under way; False if it was so already."""
    before = thread_wishes.archived_at(making.unit, thread_id)
    if (before is not None) is archived:
        return False
    thread_wishes.set_archived(making.unit, thread_id, making.now if archived else None)
    if archived:
        forget(making, thread_id)  # who puts it away waits for nothing there
    _move(making, thread_id, archived=archived)
    making.remember("archived", thread_id, before.isoformat() if before else None)
    making.threads.add(thread_id)
    name = shortened(thread_wishes.heading(making.unit, thread_id))
    making.label = f"{'archived' if archived else 'brought back'} {name}"
    return True


def _move(making: Edit, thread_id: int, *, archived: bool) -> None:
    """The mailboxes archive the conversation's mail too."""
    change = MailboxChange(MailboxChangeKind.ARCHIVE if archived else MailboxChangeKind.UNARCHIVE)
    messages = thread_wishes.messages_of(making.unit, thread_id)
    mailbox_changes.wish(making.unit, messages, change, author=making.author, now=making.now)


def see_thread(store: Store, thread_id: int) -> None:
    """Clear the unread marks of a conversation, here only: the mailbox keeps its own."""
    with store.write() as unit:
        thread_id = surviving_thread(unit, thread_id)
        if thread_wishes.set_unread(unit, thread_wishes.messages_of(unit, thread_id), unread=False):
            refresh_threads(unit, [thread_id])


def mark_read(store: Store, thread_id: int, author: str) -> None:
    """Mark a conversation's mail read, here and in the mailbox."""
    _mark(store, thread_id, author, unread=False)


def mark_unread(store: Store, thread_id: int, author: str) -> None:
    """Mark the last mail that came in a conversation unread, here and in the mailbox."""
    _mark(store, thread_id, author, unread=True)


def _mark(store: Store, thread_id: int, author: str, *, unread: bool) -> None:
    kind = MailboxChangeKind.REMOVE_FLAG if unread else MailboxChangeKind.ADD_FLAG
    with store.write() as unit:
        thread_id = surviving_thread(unit, thread_id)
        messages = thread_wishes.marked_by(unit, thread_id, unread=unread)
        thread_wishes.set_unread(unit, messages, unread=unread)
        mailbox_changes.wish(unit, messages, MailboxChange(kind, SEEN), author=author, now=datetime.now(UTC))
        refresh_threads(unit, [thread_id])


def split_thread(store: Store, message_id: int, author: str) -> int:
    """Begin a new conversation at a message; its replies go with it, also those still to come."""
    with edit(store, "split", author) as making:
        place = thread_wishes.place_of(making.unit, message_id)
        if place is None:
            raise NotFound("This message is no longer here.")
        if place.is_first:
            raise Rejected("The conversation begins with this message; choose a later one to split it at.")
        before = thread_wishes.picture(making.unit, [place.thread_id])
        wish = thread_wishes.split(making.unit, place.node, place.thread_id, author=author, now=making.now)
        making.remember("reshaped", wish, before)
        making.label = f"split at {shortened(place.subject)}"
    return making.action_id


def join_threads(store: Store, thread_id: int, other_id: int, author: str) -> int:
    """Make one conversation of two, for good; mails of either are logged on the records of both."""
    with edit(store, "join", author) as making:
        one, other = surviving_thread(making.unit, thread_id), surviving_thread(making.unit, other_id)
        if one == other:
            raise Rejected("These are one conversation already.")
        before = thread_wishes.picture(making.unit, [one, other])
        wish = thread_wishes.join(making.unit, one, other, author=author, now=making.now)
        if wish is None:
            raise Rejected("One of these conversations holds no message.")
        making.remember("reshaped", wish, before)
        joined = surviving_thread(making.unit, one)
        for record_id in links.linked_records(making.unit, joined):
            log(making, joined, record_id)
        making.label = f"joined with {shortened(thread_wishes.heading(making.unit, joined))}"
    return making.action_id


def undo_archived(making: Edit, thread_id: int, before: str | None) -> None:
    thread_id = surviving_thread(making.unit, thread_id)
    thread_wishes.set_archived(making.unit, thread_id, datetime.fromisoformat(before) if before else None)
    _move(making, thread_id, archived=before is not None)
    making.threads.add(thread_id)


def undo_reshaped(making: Edit, wish: dict[str, Any], before: dict[str, Any]) -> None:
    thread_wishes.mend(making.unit, wish, before)

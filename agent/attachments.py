"""An attachment fetched when somebody wants it: mail is read without them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from crm_model.errors import NotFound
from crm_model.mail import Attachment
from crm_model.options import Connection
from sync.mailboxes import registry
from sync.store import conversations, outgoing_messages
from sync.store.database import Store


@dataclass(frozen=True, slots=True)
class Fetched:
    """An attachment with its decoded bytes."""

    attachment: Attachment
    data: bytes


def fetch_attachment(store: Store, accounts: Sequence[Connection], message_id: int, part: str) -> Fetched:
    """A part of a stored message, from whichever mailbox still holds it. Errors: NotFound, those of the mailbox."""
    with store.read() as unit:
        attached = conversations.attachments_of(unit, message_id)
        places = outgoing_messages.copies_of(unit, message_id)
    attachment = next((each for each in attached if each.part == part), None)
    if attachment is None:
        parts = ", ".join(f"{each.part} ({each.name or each.content_type})" for each in attached)
        raise NotFound(f"Message {message_id} has no attachment {part}; it has {parts or 'none'}.")
    by_name = {account.name: account for account in accounts}
    for name, key, uid in places:
        if name not in by_name:
            continue
        with contextlib.closing(registry.load(by_name[name].kind).open(by_name[name])) as source:
            folder = next((each for each in source.folders() if each.key == key), None)
            if folder is not None:
                with contextlib.suppress(NotFound):
                    return Fetched(attachment, source.fetch_part(folder, uid, part))
    raise NotFound(f"Message {message_id} is in no mailbox any more, and its attachments with it.")

"""What the store says about messages that a mailbox holds."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from sync.store.batches import batches
from sync.store.database import Unit
from sync.store.tables import copies, mail_accounts, mailboxes, messages


def mailbox_id(unit: Unit, account_name: str, key: str) -> int | None:
    """The folder's row, None if the account or the folder has never been read."""
    query = (
        sa.select(mailboxes.c.id)
        .join(mail_accounts, mail_accounts.c.id == mailboxes.c.account_id)
        .where(mail_accounts.c.name == account_name, mailboxes.c.key == key)
    )
    return unit.execute(query).scalar_one_or_none()


def outcomes_of(unit: Unit, place: int, generation: str, uids: Collection[str]) -> dict[str, str]:
    """The outcome of each of these uids that the store knows in this folder and generation."""
    found: dict[str, str] = {}
    for some in batches(uids):
        rows = unit.execute(
            sa.select(copies.c.uid, messages.c.outcome)
            .join(messages, messages.c.id == copies.c.message_id)
            .where(copies.c.mailbox_id == place, copies.c.generation == generation, copies.c.uid.in_(some))
        )
        found.update((uid, outcome) for uid, outcome in rows)
    return found

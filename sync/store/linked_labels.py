"""A keyword in the mailbox on mail that is linked, so that colleagues see it in any mail program."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from crm_model.mail import MailboxChange, MailboxChangeKind
from crm_model.records import RecordKind
from sync.store.database import Unit
from sync.store.mailbox_changes import wish
from sync.store.tables import copies, links, mailbox_changes, mailboxes, messages, records

LABELS = {RecordKind.LEAD: "CRM/Lead", RecordKind.OPPORTUNITY: "CRM/Opportunity"}
_AT_ONCE = 500


def label_linked(unit: Unit, account_id: int, now: datetime) -> int:
    """Wish for the label of linked mail of this account that has had no such wish; how many messages got one."""
    count = 0
    for kind, label in LABELS.items():
        held = sa.exists().where(
            copies.c.message_id == messages.c.id,
            copies.c.removed_at.is_(None),
            mailboxes.c.id == copies.c.mailbox_id,
            mailboxes.c.account_id == account_id,
        )
        asked = sa.exists().where(mailbox_changes.c.message_id == messages.c.id, mailbox_changes.c.value == label)
        query = (
            sa.select(messages.c.id)
            .join(links, links.c.thread_id == messages.c.thread_id)
            .join(records, records.c.id == links.c.record_id)
            .where(records.c.kind == kind.value, links.c.removed_at.is_(None), held, ~asked)
        )
        found = list(dict.fromkeys(unit.execute(query.limit(_AT_ONCE)).scalars()))
        wish(unit, found, MailboxChange(MailboxChangeKind.ADD_FLAG, label), author="agent", now=now)
        count += len(found)
    return count

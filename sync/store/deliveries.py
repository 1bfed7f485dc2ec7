"""Mail of ours on its way, as the views have it."""

from __future__ import annotations

from array import array
from collections.abc import Collection

import sqlalchemy as sa

from crm_model.mail import DeliveryState
from sync.store import outgoing
from sync.store.database import Unit
from sync.store.outgoing import StoredOutgoing
from sync.store.tables import messages
from sync.store.tables import outgoing as outgoing_mail
from sync.views import DeliveryView

SHOWN = tuple(state for state in DeliveryState if state is not DeliveryState.SENT)
"""What the outbox holds: all that is not sent."""


def listed(unit: Unit, states: Collection[DeliveryState] = SHOWN, limit: int = 100) -> tuple[DeliveryView, ...]:
    """Mails in these states, the newest first."""
    found = outgoing.listed(unit, states, limit)
    threads = _threads(unit, [each.message_id for each in found if each.message_id is not None])
    return tuple(_view(each, threads.get(each.message_id or 0)) for each in found)


def sent_keys(unit: Unit) -> array[int]:
    """Every mail that left or is to leave, the newest first; drafts are none."""
    query = sa.select(outgoing_mail.c.id).where(outgoing_mail.c.state != DeliveryState.DRAFT.value)
    return array("q", unit.execute(query.order_by(outgoing_mail.c.id.desc())).scalars().all())


def of_ids(unit: Unit, outgoing_ids: Collection[int]) -> dict[int, DeliveryView]:
    """How far these mails of ours are; one that is gone is left out."""
    found = outgoing.get_many(unit, outgoing_ids)
    threads = _threads(unit, [each.message_id for each in found if each.message_id is not None])
    return {each.id: _view(each, threads.get(each.message_id or 0)) for each in found}


def of_messages(unit: Unit, message_ids: Collection[int]) -> dict[int, DeliveryView]:
    """How far these messages are, for those that went out from here."""
    return {message_id: _view(each, None) for message_id, each in outgoing.of_messages(unit, message_ids).items()}


def _threads(unit: Unit, message_ids: Collection[int]) -> dict[int, int]:
    query = sa.select(messages.c.id, messages.c.thread_id).where(messages.c.id.in_(list(message_ids)))
    return {row.id: row.thread_id for row in unit.execute(query)}


def _view(stored: StoredOutgoing, thread_id: int | None) -> DeliveryView:
    draft = stored.draft
    return DeliveryView(
        id=stored.id,
        account=stored.account,
        state=stored.state,
        to=", ".join(filter(None, (draft.to, draft.cc, draft.bcc))),
        subject=draft.subject,
        due_at=stored.due_at,
        sent_at=stored.sent_at,
        created_at=stored.created_at,
        attempts=stored.attempts,
        error=stored.error,
        refused=tuple((each.email, each.reason) for each in stored.recipients if each.state == "refused"),
        waiting=stored.waiting,
        thread_id=thread_id or draft.thread_id,
    )

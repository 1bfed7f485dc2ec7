"""What came of a try is kept, with what a person can do about it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.sending.conclusion import conclude, judge_sent
from agent.sending.way_out import Work
from crm_model.errors import HitchpostError, TryLater
from crm_model.mail import DeliveryState, Message
from sync.push import wait_seconds
from sync.store import outgoing, outgoing_messages
from sync.store.outgoing import NONE, OURS, THEIRS, WANTED, Recipient, StoredOutgoing
from sync.submission.contract import Submitted

_log = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(days=2)
"""A mail that nobody takes for so long fails: its reader waits for it."""

_COPY_PATIENCE = timedelta(seconds=15)
"""How long a server that we don't know yet gets for saving a copy of its own."""

Values = dict[str, Any]
"""Columns for `outgoing.change`."""

FREE: Values = {"claimed_until": None, "claimed_by": ""}
"""What `outgoing.change` sets when a worker has done with a mail."""


def settle_sent(work: Work, stored: StoredOutgoing, message: Message, submitted: Submitted) -> None:
    """The server took it for all, or for some of its recipients."""
    now = datetime.now(UTC)
    served = tuple(_served(each, submitted) for each in stored.recipients)
    values: Values = {"recipients": outgoing.pack_recipients(served), "handed_at": None, **FREE}
    if submitted.deferred and not _is_too_old(stored, now):
        problem = "Not taken yet for " + _listed(submitted.deferred) + "; it will be tried again."
        wait = timedelta(seconds=wait_seconds(stored.attempts, None))
        values |= {"state": DeliveryState.WAITING.value, "next_at": now + wait, "error": problem}
    else:
        refused = {each.email: each.reason for each in served if each.state != "sent"}
        problem = f"Refused for {_listed(refused)}. Write to them again with the right address." if refused else ""
        values |= {"state": DeliveryState.SENT.value, "error": problem, **_copy(work, now)}
    keep_sent(work, stored, message, values, now, given_id=submitted.message_id)
    _log.info("mail_sent", extra={"mail": stored.id, "deferred": len(submitted.deferred)})


def keep_sent(
    work: Work, stored: StoredOutgoing, message: Message, values: Values, now: datetime, *, given_id: str = ""
) -> None:
    """A mail that left: these columns, and at its first time what follows for records and links."""
    first = stored.sent_at is None
    verdict = judge_sent(work, message) if first else None
    with work.store.write() as unit:
        outgoing.change(unit, stored.id, sent_at=stored.sent_at or now, **values)
        if stored.message_id is not None and given_id:
            outgoing_messages.rename(unit, stored.message_id, given_id)
        if stored.message_id is not None and verdict is not None:
            conclude(work, unit, stored.message_id, message, verdict)
    work.tally.mails_sent += first


def fail(work: Work, stored: StoredOutgoing, error: HitchpostError) -> None:
    """Refused: a person mends it. Who has it already keeps it."""
    some = any(each.state == "sent" for each in stored.recipients)
    state = DeliveryState.SENT if some else DeliveryState.FAILED
    with work.store.write() as unit:
        copy: Values = _copy(work, datetime.now(UTC)) if some else {"next_at": None}
        outgoing.change(unit, stored.id, state=state.value, handed_at=None, error=str(error), **copy, **FREE)
    work.tally.errors.append(f"{stored.account}: {error}")
    _log.warning("mail_failed", extra={"mail": stored.id, "error": type(error).__name__})


def postpone(work: Work, stored: StoredOutgoing, error: HitchpostError, *, all_of_them: bool = False) -> None:
    """Nobody got it: the same mail is tried again later, for two days; `all_of_them`: so is what waits behind it."""
    now = datetime.now(UTC)
    if _is_too_old(stored, now):
        fail(work, stored, error)
        return
    asked = error.retry_after_seconds if isinstance(error, TryLater) else None
    next_at = now + timedelta(seconds=wait_seconds(stored.attempts + 1, asked))
    with work.store.write() as unit:
        values = {"state": DeliveryState.WAITING.value, "next_at": next_at, "handed_at": None, "error": str(error)}
        outgoing.change(unit, stored.id, **values, **FREE)
        if all_of_them:
            outgoing.hold_up(unit, stored.account, now, next_at, str(error))
    work.tally.errors.append(f"{stored.account}: {error}")
    _log.info("mail_postponed", extra={"mail": stored.id, "error": type(error).__name__})


def _served(recipient: Recipient, submitted: Submitted) -> Recipient:
    if recipient.state != "waiting":
        return recipient
    if recipient.email in submitted.refused:
        return Recipient(recipient.email, "refused", submitted.refused[recipient.email])
    if recipient.email in submitted.deferred:
        return Recipient(recipient.email, "waiting", submitted.deferred[recipient.email])
    return Recipient(recipient.email, "sent")


def _copy(work: Work, now: datetime) -> Values:
    """Who sees to the copy in Sent, and when we look."""
    if work.way.submission().saves_sent:
        return {"sent_copy": THEIRS, "next_at": None, "raw": None}
    if not work.way.saves_copy:
        return {"sent_copy": NONE, "next_at": None, "raw": None}
    with work.store.read() as unit:
        known = outgoing.sent_by(unit, work.way.name)
    return {"sent_copy": WANTED, "next_at": now if known == OURS else now + _COPY_PATIENCE}


def _is_too_old(stored: StoredOutgoing, now: datetime) -> bool:
    return now - (stored.due_at or stored.created_at) > GIVE_UP_AFTER


def _listed(reasons: Mapping[str, str]) -> str:
    return ", ".join(f"{who} ({why})" if why else who for who, why in reasons.items())

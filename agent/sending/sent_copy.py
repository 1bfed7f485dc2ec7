"""The copy in Sent: one, whoever writes it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from agent.sending.bytes import make_ready
from agent.sending.settling import FREE, GIVE_UP_AFTER
from agent.sending.way_out import Work
from crm_model.errors import HitchpostError, TryLater
from sync.push import wait_seconds
from sync.store import outgoing
from sync.store.outgoing import KEEPING, NONE, OURS, THEIRS, StoredOutgoing
from sync.submission.contract import SentFolder

_log = logging.getLogger(__name__)


def see_to_copy(work: Work, stored: StoredOutgoing) -> None:
    """Look for a copy; write one where the server did not. Killed in between, the next look finds what was written."""
    now = datetime.now(UTC)
    try:
        folder = work.way.sent_folder()
        who = NONE if folder is None else _kept_by(work, stored, folder)
    except TryLater as error:
        if now - (stored.sent_at or now) < GIVE_UP_AFTER:
            attempts = stored.attempts + 1
            wait = timedelta(seconds=wait_seconds(attempts, error.retry_after_seconds))
            with work.store.write() as unit:
                outgoing.change(unit, stored.id, next_at=now + wait, attempts=attempts, **FREE)
            return
        _end(work, stored, NONE, f"Sent, but without a copy in Sent: {error}")
    except HitchpostError as error:
        _end(work, stored, NONE, f"Sent, but without a copy in Sent: {error}")
    else:
        _end(work, stored, who, stored.error)


def _kept_by(work: Work, stored: StoredOutgoing, folder: SentFolder) -> str:
    if folder.holds(stored.node):
        return OURS if stored.sent_copy == KEEPING else THEIRS
    with work.store.write() as unit:
        outgoing.change(unit, stored.id, sent_copy=KEEPING)
    now = datetime.now(UTC)
    folder.keep(make_ready(work, stored, now).mail.own_copy, stored.sent_at or now)
    return OURS


def _end(work: Work, stored: StoredOutgoing, who: str, error: str) -> None:
    with work.store.write() as unit:
        outgoing.change(unit, stored.id, sent_copy=who, raw=None, next_at=None, error=error, **FREE)
        outgoing.keep_files(unit, stored.id, (), ())
        if who != NONE:
            outgoing.learn_sent_by(unit, stored.account, who)
    _log.info("sent_copy", extra={"mail": stored.id, "by": who})

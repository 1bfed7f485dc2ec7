"""One account's outbox: what is due is claimed, sent, settled; what is in doubt is looked for in Sent.

waiting ─ claim ─ make_ready ─ send ──────────────────────── sent ─ copy in Sent ─ done
                                │ TryLater: waiting, later
                                │ Rejected: failed
                                └ InDoubt, or killed behind the point of no return: unsure (agent.sending.doubt)
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from agent.rules import Rules
from agent.sending.bytes import make_ready
from agent.sending.doubt import begin_doubt, look_for
from agent.sending.due import WORKER, is_due
from agent.sending.sent_copy import see_to_copy
from agent.sending.settling import fail, postpone, settle_sent
from agent.sending.way_out import OpenOutpost, WayOut, Work
from agent.summary import Tally
from crm_model.errors import (
    ConfigError,
    HitchpostError,
    LoginNeeded,
    NotFound,
    NotSupported,
    RateLimited,
    Rejected,
    TryLater,
)
from crm_model.mail import DeliveryState
from crm_model.options import Connection
from sync.composing.draft import Desk
from sync.store import mailboxes, outgoing
from sync.store.database import Store, is_database_error
from sync.store.outgoing import StoredOutgoing
from sync.submission.contract import InDoubt

_log = logging.getLogger(__name__)

_LEASE_SECONDS = 3600.0
_TRIES, _PAUSE_SECONDS = 30, 1.0
_AFTER_A_BUG = timedelta(minutes=10)


class _TakenBack(HitchpostError):
    """A person took the mail back while it was on its way to the server."""


def send_due(
    account: Connection,
    store: Store,
    desk: Desk,
    rules: Rules,
    tally: Tally,
    *,
    accounts: Sequence[Connection],
    stop: threading.Event,
    open_outpost: OpenOutpost | None = None,
) -> None:
    """Do all that is due in this account's outbox. Errors: those of the store; other trouble is kept with the mail."""
    if not is_due(store, account.name):
        return
    with store.write() as unit:
        mailboxes.open_account(unit, account.name, account.kind)  # what is learnt of its server is kept there
    with contextlib.closing(WayOut(account)) as way:
        work = Work(way, store, desk, rules, tally, accounts, open_outpost)
        goes_on = True
        while goes_on and not stop.is_set():
            with store.write() as unit:
                stored = outgoing.claim(unit, way.name, WORKER, now=_now(), lease_seconds=_LEASE_SECONDS)
            if stored is None:
                return
            goes_on = _work_on(work, stored)


def _work_on(work: Work, stored: StoredOutgoing) -> bool:
    """One step of one mail; whether the account can go on with the next."""
    try:
        if stored.state is DeliveryState.SENT:
            see_to_copy(work, stored)
        elif stored.state is DeliveryState.UNSURE or stored.handed_at is not None:
            look_for(work, stored)
        else:
            return _send(work, stored)
    except Exception as error:  # a bug with one mail must not hold up the others, nor send it twice
        if is_database_error(error) or isinstance(error, HitchpostError):
            raise
        _log.exception("send_crashed", extra={"mail": stored.id})
        _leave_alone(work, stored, error)
    return True


def _send(work: Work, stored: StoredOutgoing) -> bool:
    def handing_over() -> None:
        with work.store.write() as unit:
            if not outgoing.hand_over(unit, stored.id, WORKER, _now()):
                raise _TakenBack("It was taken back.")

    try:
        ready = make_ready(work, stored, _now())
        submitted = work.way.submission().send(ready.mail, handing_over)
    except _TakenBack:
        return True
    except InDoubt as error:
        begin_doubt(work, stored, str(error))
    except (Rejected, NotSupported, NotFound) as error:
        fail(work, stored, error)
    except (LoginNeeded, ConfigError, RateLimited) as error:
        postpone(work, stored, error, all_of_them=True)
        return False
    except TryLater as error:
        postpone(work, stored, error)
    else:
        _insist(lambda: settle_sent(work, stored, ready.message, submitted))
    return True


def _insist(settle: Callable[[], None]) -> None:
    """The mail has left: a database that is busy for a moment must not make anybody doubt that."""
    for _ in range(_TRIES):
        try:
            settle()
        except TryLater:
            time.sleep(_PAUSE_SECONDS)
        else:
            return
    settle()


def _leave_alone(work: Work, stored: StoredOutgoing, error: Exception) -> None:
    """After a bug: what may have left is in doubt, all else is tried again later."""
    with work.store.read() as unit:
        now_stored = outgoing.get(unit, stored.id)
    if now_stored is None:
        return
    if now_stored.state is DeliveryState.SENDING and now_stored.handed_at is not None:
        begin_doubt(work, now_stored, f"The agent failed ({type(error).__name__}) while the mail was on its way.")
        return
    with work.store.write() as unit:
        state = {"state": DeliveryState.WAITING.value} if now_stored.state is DeliveryState.SENDING else {}
        problem = f"The agent failed ({type(error).__name__}); its log says how. It will be tried again."
        next_at = _now() + _AFTER_A_BUG
        outgoing.change(unit, stored.id, **state, next_at=next_at, claimed_until=None, claimed_by="", error=problem)


def _now() -> datetime:
    return datetime.now(UTC)

"""A mail of which nobody knows whether it left: the line broke, or the agent was killed, behind the point of no return.

unsure ─ look in Sent, for five minutes ─ found: sent
                                        ─ not there, though this server always saves: waiting, again
                                        ─ not there, and that proves nothing: a person decides
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from agent.sending.bytes import make_ready
from agent.sending.settling import FREE, keep_sent
from agent.sending.way_out import Work
from crm_model.errors import HitchpostError
from crm_model.mail import DeliveryState
from sync.store import outgoing
from sync.store.outgoing import PROVEN, THEIRS, StoredOutgoing

_log = logging.getLogger(__name__)

_LOOKS = tuple(timedelta(seconds=seconds) for seconds in (0, 10, 60, 300))
"""When Sent is searched, counted from the hand-over: servers save their copy within a moment, some within minutes."""

_CLOSED = " Sent can't be searched: "
_LATER = timedelta(minutes=1)
_MEND = "Ask the recipient, then send it again (who has it may get it twice) or call it sent."


def begin_doubt(work: Work, stored: StoredOutgoing, problem: str) -> None:
    """The mail may have left: look at once."""
    with work.store.write() as unit:
        state = {"state": DeliveryState.UNSURE.value, "next_at": datetime.now(UTC), "error": problem}
        outgoing.change(unit, stored.id, **state, **FREE)
    _log.warning("mail_in_doubt", extra={"mail": stored.id})


def look_for(work: Work, stored: StoredOutgoing) -> None:
    """Search Sent for the mail, and settle what that proves."""
    now = datetime.now(UTC)
    try:
        folder = work.way.sent_folder()
        proven = stored.sent_copy in (THEIRS, PROVEN)
        found = proven or (folder is not None and folder.holds(stored.node))
        always_saved = work.way.submission().saves_sent
        if found:
            _settle_found(work, stored, now)
            return
    except HitchpostError as error:
        problem = f"{stored.error or 'Nobody knows whether it was sent.'} Sent can't be searched: {error}"
        _change(
            work, stored, error=problem if not stored.error.count("Sent can't") else stored.error, next_at=now + _LATER
        )
        return
    handed_at = stored.handed_at or now
    coming = next((handed_at + wait for wait in _LOOKS if handed_at + wait > now), None)
    if folder is not None and coming is not None:
        _change(work, stored, next_at=coming)
        return
    with work.store.read() as unit:
        always_saved = always_saved or outgoing.sent_by(unit, stored.account) == THEIRS
    if folder is not None and always_saved:
        again = {"state": DeliveryState.WAITING.value, "handed_at": None, "next_at": now}
        _change(work, stored, **again, error="It is not in Sent, so it did not leave: it is sent again.")
    else:
        problem = stored.error or "The agent stopped while the mail was being handed over."
        _change(work, stored, next_at=None, error=f"{problem} It may have arrived. {_MEND}")


def _settle_found(work: Work, stored: StoredOutgoing, now: datetime) -> None:
    """It is in Sent, or somebody answered it: servers keep a copy, and people answer, once the mail is taken."""
    ready = make_ready(work, stored, now)
    values = {**outgoing.confirmed(stored), **FREE, "next_at": now}
    if stored.sent_copy != PROVEN:
        values |= {"sent_copy": THEIRS, "raw": None, "next_at": None}
    keep_sent(work, stored, ready.message, values, stored.handed_at or now)
    if stored.sent_copy != PROVEN:
        with work.store.write() as unit:
            outgoing.learn_sent_by(unit, stored.account, THEIRS)
    _log.info("mail_found_in_sent", extra={"mail": stored.id})


def _change(work: Work, stored: StoredOutgoing, **values: object) -> None:
    with work.store.write() as unit:
        outgoing.change(unit, stored.id, **{"state": DeliveryState.UNSURE.value, **FREE, **values})

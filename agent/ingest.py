"""A page of mail into the database: every message ends as exactly one outcome, in one transaction with the cursor.

    raws -> parse (BadMessage: quarantined with its bytes) -> thread -> judge and decide -> rows -> cursor

The page is stored as a whole. Should the database refuse a value, the page is stored message by message and the
one it refuses is quarantined.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from agent.decide import Decided, decide, direction_of, received
from agent.effects import Effects
from agent.page_records import PageRecords
from agent.parse import parse_message
from agent.rules import Place, Rules
from agent.summary import Tally
from crm_model.errors import BadMessage
from crm_model.links import Reason
from crm_model.mail import Direction, Message, Outcome, RawMessage
from sync.mailboxes.contract import MailPage
from sync.store import mail
from sync.store.database import Store, Unit, is_database_error, savepoint
from sync.store.families import NewMessage
from sync.store.mail import SEEN, Arrival, Copy
from sync.store.mailboxes import save_cursor
from sync.store.thread_summary import refresh_threads
from sync.store.thread_wishes import wake
from sync.store.threads import assign_threads
from sync.thread_facts import thread_facts

_log = logging.getLogger(__name__)

RETRY_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class _Read:
    """A message of the page after parsing; `outcome` is set where it could not be read."""

    raw: RawMessage
    message: Message
    outcome: Outcome | None = None
    error: str = ""


def ingest_page(store: Store, place: Place, page: MailPage, rules: Rules, tally: Tally, *, now: datetime) -> None:
    """Store a page and its cursor. Errors: Busy, Unreachable; then nothing of the page is stored."""
    reads = [_read(raw) for raw in page.messages]
    reads += [_unavailable(place, page.generation, uid, error) for uid, error in page.failed.items()]
    counted = Tally()
    with store.write() as unit:
        writer = _PageWriter(unit, place, page.generation, rules, counted, now=now)
        try:
            with savepoint(unit):
                writer.write(reads)
        except BadMessage:
            writer.tally = counted = Tally()
            writer.write_singly(reads)
        writer.follow_mailbox(page)
        if page.more or page.messages or page.cursor:
            save_cursor(unit, place.mailbox_id, page.generation, page.cursor, now)
    tally.add(counted)


def _read(raw: RawMessage) -> _Read:
    try:
        return _Read(raw, parse_message(raw))
    except BadMessage as error:
        return _Read(raw, _stand_in("bad", raw.data, raw.size), Outcome.QUARANTINED, str(error))
    except Exception as error:  # one message must never stop the others; it is tried again after an upgrade
        _log.exception("parse_failed", extra={"size": raw.size})
        return _Read(raw, _stand_in("bug", raw.data, raw.size), Outcome.QUARANTINED, type(error).__name__)


def _unavailable(place: Place, generation: str, uid: str, error: str) -> _Read:
    identity = f"{place.mailbox_id} {generation} {uid}".encode("utf-8", "surrogateescape")
    return _Read(RawMessage(uid, b"", 0), _stand_in("failed", identity, 0), Outcome.FAILED, error)


def _stand_in(why: str, identity: bytes, size: int) -> Message:
    """What is kept in place of a message that can't be read: an identity that no change of line ends alters."""
    plain = b"\n".join(identity.split())
    return Message(key=f"{why} {blake2b(plain, digest_size=16).hexdigest()}", message_id=None, size=size)


class _PageWriter:
    """One page on its way into one transaction."""

    def __init__(self, unit: Unit, place: Place, generation: str, rules: Rules, tally: Tally, *, now: datetime) -> None:
        self._unit, self._place, self._generation, self._rules, self._now = unit, place, generation, rules, now
        self.tally = tally

    def write_singly(self, reads: Sequence[_Read]) -> None:
        """Find the message that the database refuses, and quarantine it; the others are stored as they are."""
        for read in reads:
            try:
                with savepoint(self._unit):
                    self.write([read])
            except BadMessage as error:
                stand_in = _stand_in("refused", read.raw.data, read.raw.size)
                self.write([_Read(read.raw, stand_in, Outcome.QUARANTINED, str(error))])

    def write(self, reads: Sequence[_Read]) -> None:
        uids = [read.raw.uid for read in reads]
        mail.drop_failures(self._unit, self._place.mailbox_id, self._generation, uids)
        held = mail.held_uids(self._unit, self._place.mailbox_id, self._generation, uids)
        mail.mark_present(self._unit, self._place.mailbox_id, self._generation, held)
        unseen = [read for read in reads if read.raw.uid not in held]
        known = mail.ids_by_key(self._unit, [read.message.key for read in unseen])
        fresh = {read.message.key: read for read in unseen if read.message.key not in known}
        ids = dict(zip(fresh, mail.new_message_ids(self._unit, len(fresh)), strict=True))
        self._store_fresh(list(fresh.values()), ids)
        places = known | ids
        copies = [Copy(read.raw.uid, places[read.message.key], read.raw.flags) for read in unseen]
        mail.insert_copies(self._unit, self._place.mailbox_id, self._generation, copies)

    def _store_fresh(self, reads: Sequence[_Read], ids: dict[str, int]) -> None:
        if not reads:
            return
        organisation = self._rules.organisation
        reads = sorted(reads, key=lambda read: received(read.raw.received_at, read.message, self._now))
        times = {read.message.key: received(read.raw.received_at, read.message, self._now) for read in reads}
        facts = {
            read.message.key: thread_facts(read.message, read.message.sent_at or times[read.message.key], organisation)
            for read in reads
        }
        assigned = assign_threads(self._unit, [NewMessage(ids[key], fact) for key, fact in facts.items()])
        threads = assigned.thread_of
        ours = mail.ours_among(self._unit, [node for fact in facts.values() for node in fact.chain[-3:]])
        records = PageRecords(self._unit, _addresses(reads), set(threads.values()))
        effects = Effects(self._unit, self._rules, records, self.tally, self._now)
        arrivals = []
        for read in reads:
            message, fact = read.message, facts[read.message.key]
            direction = direction_of(message, self._place.role, organisation)
            blank = Arrival(
                id=ids[message.key],
                message=message,
                facts=fact,
                direction=direction,
                received_at=times[message.key],
                unread=direction == Direction.INCOMING and SEEN not in read.raw.flags,
                outcome=read.outcome or Outcome.HELD,
            )
            if direction == Direction.OUTGOING:
                ours.add(fact.node)
            thread_id = threads[blank.id]
            arrivals.append(
                self._arrive(blank, read, thread_id, records, effects, reply_to_ours=not ours.isdisjoint(fact.chain))
            )
        mail.insert_arrivals(self._unit, arrivals, threads)
        effects.write()
        wake(self._unit, assigned.touched)
        refresh_threads(self._unit, assigned.touched)
        self.tally.threads.update(threads.values())
        self.tally.outcomes.update(arrival.outcome.value for arrival in arrivals)

    def _arrive(
        self,
        blank: Arrival,
        read: _Read,
        thread_id: int,
        records: PageRecords,
        effects: Effects,
        *,
        reply_to_ours: bool,
    ) -> Arrival:
        if read.outcome is not None:
            return self._unreadable(blank, read)
        try:
            decided = decide(
                blank.message,
                blank.direction,
                records.of_thread(thread_id),
                self._rules,
                reply_to_ours=reply_to_ours,
                age=self._now - blank.received_at,
            )
        except Exception as error:  # as for parsing: this message is tried again, the others go on
            if is_database_error(error):
                raise
            _log.exception("decide_failed", extra={"message_id": blank.id})
            reason = Reason("bug", type(error).__name__)
            retry_at = self._now + RETRY_AFTER
            return replace(blank, outcome=Outcome.FAILED, rule="bug", reasons=(reason,), retry_at=retry_at)
        effects.note(decided, thread_id, blank)
        return _with_decision(blank, decided)

    def _unreadable(self, blank: Arrival, read: _Read) -> Arrival:
        failed = read.outcome == Outcome.FAILED
        return replace(
            blank,
            unread=False,
            rule="unreadable",
            reasons=(Reason("unreadable", read.error),),
            retry_at=self._now + RETRY_AFTER if failed else None,
            raw=None if failed else read.raw.data,
            error=read.error,
        )

    def follow_mailbox(self, page: MailPage) -> None:
        """Flags, removals and, at the end of a scan, what the folder no longer holds."""
        mailbox_id, generation = self._place.mailbox_id, page.generation
        changed = mail.change_flags(self._unit, mailbox_id, generation, page.flags) if page.flags else set()
        refresh_threads(self._unit, changed)
        if page.removed:
            mail.mark_removed(self._unit, mailbox_id, generation, page.removed, self._now)
        if page.present is not None:
            mail.mark_absent(self._unit, mailbox_id, generation, page.present, self._now)
        if not page.more:
            mail.retire_generations(self._unit, mailbox_id, generation, self._now)


def _with_decision(blank: Arrival, decided: Decided) -> Arrival:
    return replace(
        blank,
        outcome=decided.outcome,
        rule=decided.rule,
        reasons=decided.reasons,
        verdict=decided.verdict.kind.value,
        probability=decided.verdict.probability,
    )


def _addresses(reads: Sequence[_Read]) -> set[str]:
    """Everybody named on the page, to be looked up at once."""
    return {
        address.email
        for read in reads
        for address in (read.message.from_, *read.message.recipients, *read.message.reply_to)
        if address and address.email
    }

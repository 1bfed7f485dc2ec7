"""A page of mail into the database: every message ends as exactly one outcome, in one transaction with the cursor.

    raws -> parse (BadMessage: quarantined with its bytes) -> judge   (agent.page_reads, no lock held)
         -> thread -> decide -> rows -> cursor                         (here, one write transaction)

The page is stored as a whole. Should the database refuse a value, the page is stored message by message and the
one it refuses is quarantined.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from agent.decide import Decided, decide
from agent.effects import Effects
from agent.page_reads import PageReader, Read
from agent.page_records import PageRecords
from agent.reading_ahead import ReadPage
from agent.recall import recall
from agent.rules import Place, Rules
from agent.summary import Tally
from crm_model.errors import BadMessage
from crm_model.links import Reason
from crm_model.mail import Direction, MailboxRole, Outcome
from sync.mailboxes.contract import MailPage, Sighting
from sync.store import address_reports, field_offers, mail, outgoing, outgoing_messages
from sync.store.database import Store, Unit, is_database_error, savepoint
from sync.store.families import NewMessage
from sync.store.field_offers import NewOffer
from sync.store.mail import SEEN, Arrival, Copy
from sync.store.mailboxes import save_cursor
from sync.store.recognition import find_older
from sync.store.thread_summary import refresh_threads
from sync.store.thread_wishes import wake
from sync.store.threads import assign_threads

_log = logging.getLogger(__name__)

_SENT = (MailboxRole.SENT, MailboxRole.ALL)
_ANSWERED = 3  # of a chain, the last messages: what an automatic answer is to
RETRY_AFTER = timedelta(minutes=15)
_FORGOTTEN = "It was known a moment ago and is no longer; it is fetched."


def ingest_page(
    store: Store,
    place: Place,
    page: MailPage,
    rules: Rules,
    tally: Tally,
    *,
    now: datetime,
    read: ReadPage | None = None,
) -> None:
    """Store a page and its cursor. Errors: Busy, Unreachable; then nothing of the page is stored.

    `read` gives what was read of it already, in another process.
    """
    reader = PageReader(place, rules, now)
    again = recall(store, page.sightings)
    reads = read() if read is not None else reader.read(store, page)
    reads += [
        reader.unavailable(page.generation, each.uid, _FORGOTTEN) for each in page.sightings if each.uid not in again
    ]
    counted = Tally()
    with store.write() as unit:
        writer = _PageWriter(unit, place, page.generation, rules, counted, now=now)
        try:
            with savepoint(unit):
                writer.write(reads)
        except BadMessage:
            writer.tally = counted = Tally()
            writer.write_singly(reads, reader)
        writer.place([each for each in page.sightings if each.uid in again], again)
        writer.follow_mailbox(page)
        if page.more or page.messages or page.cursor:
            save_cursor(unit, place.mailbox_id, page.generation, page.cursor, now)
    tally.add(counted)


class _PageWriter:
    """One page on its way into one transaction."""

    def __init__(self, unit: Unit, place: Place, generation: str, rules: Rules, tally: Tally, *, now: datetime) -> None:
        self._unit, self._place, self._generation, self._rules, self._now = unit, place, generation, rules, now
        self.tally = tally

    def write_singly(self, reads: Sequence[Read], reader: PageReader) -> None:
        """Find the message that the database refuses, and quarantine it; the others are stored as they are."""
        for read in reads:
            try:
                with savepoint(self._unit):
                    self.write([read])
            except BadMessage as error:
                self.write([reader.refused(read, str(error))])

    def write(self, reads: Sequence[Read]) -> None:
        uids = [read.raw.uid for read in reads]
        mail.drop_failures(self._unit, self._place.mailbox_id, self._generation, uids)
        held = mail.held_uids(self._unit, self._place.mailbox_id, self._generation, uids)
        mail.mark_present(self._unit, self._place.mailbox_id, self._generation, held)
        unseen = [read for read in reads if read.raw.uid not in held]
        known = mail.ids_by_key(self._unit, [read.message.key for read in unseen])
        known |= find_older(self._unit, [read.message for read in unseen if read.message.key not in known])
        known |= self._own_copies([read for read in unseen if read.message.key not in known])
        fresh = {read.message.key: read for read in unseen if read.message.key not in known}
        ids = dict(zip(fresh, mail.new_message_ids(self._unit, len(fresh)), strict=True))
        self._store_fresh(list(fresh.values()), ids)
        places = known | ids
        copies = [Copy(read.raw.uid, places[read.message.key], read.raw.flags) for read in unseen]
        mail.insert_copies(self._unit, self._place.mailbox_id, self._generation, copies)
        self._keep_what_came_back(list(fresh.values()), ids)

    def _own_copies(self, reads: Sequence[Read]) -> dict[str, int]:
        """Mail that went out from here and is seen again; its being seen may also settle a doubt."""
        in_sent = [read for read in reads if self._place.role in _SENT and read.direction != Direction.INCOMING]
        answered = {node for read in reads if read.direction == Direction.INCOMING for node in read.facts.chain}
        nodes = {node for read in in_sent for node in outgoing_messages.own_ids(read.message)}
        if nodes or answered:
            outgoing.prove(self._unit, nodes, answered, self._now)
        return outgoing_messages.recognise(self._unit, [read.message for read in in_sent])

    def _store_fresh(self, reads: Sequence[Read], ids: dict[str, int]) -> None:
        if not reads:
            return
        assigned = assign_threads(self._unit, [NewMessage(ids[read.message.key], read.facts) for read in reads])
        threads = assigned.thread_of
        records = PageRecords(self._unit, _addresses(reads), set(threads.values()), self._now)
        effects = Effects(self._unit, self._rules, records, self.tally, self._now)
        arrivals = []
        for read in reads:
            blank = _blank(ids[read.message.key], read)
            arrivals.append(self._arrive(blank, read, threads[blank.id], records, effects))
        mail.insert_arrivals(self._unit, arrivals, threads)
        field_offers.add(self._unit, _offers(reads, ids), self._now)
        effects.write()
        wake(self._unit, assigned.touched)
        refresh_threads(self._unit, assigned.touched)
        self.tally.threads.update(threads.values())
        self.tally.outcomes.update(arrival.outcome.value for arrival in arrivals)

    def _keep_what_came_back(self, reads: Sequence[Read], ids: dict[str, int]) -> None:
        """Bounces and absences, with the delivery of the mail that they are about."""
        for read in reads:
            message_id = ids[read.message.key]
            if read.bounce is not None:
                address_reports.add_bounce(self._unit, message_id, read.bounce, read.received_at)
            elif read.absence is not None and read.message.from_ is not None:
                sender, answers = read.message.from_.email, read.facts.chain[-_ANSWERED:]
                address_reports.add_absence(
                    self._unit, message_id, sender, read.absence, read.received_at, answers=answers
                )

    def _arrive(self, blank: Arrival, read: Read, thread_id: int, records: PageRecords, effects: Effects) -> Arrival:
        if read.outcome is not None or read.verdict is None:
            return self._unreadable(blank, read)
        age = self._now - blank.received_at
        try:
            decided = decide(blank.message, read.verdict, records.of_thread(thread_id), self._rules, age=age)
        except Exception as error:  # a bug with this message: it is tried again, the others go on
            if is_database_error(error):
                raise
            _log.exception("decide_failed", extra={"message_id": blank.id})
            return self._unreadable(blank, replace(read, outcome=Outcome.FAILED, error=type(error).__name__))
        effects.note(decided, thread_id, blank)
        return _with_decision(blank, decided)

    def _unreadable(self, blank: Arrival, read: Read) -> Arrival:
        """Kept with its bytes, or, where another try may help, without them and fetched again."""
        quarantined = read.outcome == Outcome.QUARANTINED
        return replace(
            blank,
            unread=False,
            outcome=Outcome.QUARANTINED if quarantined else Outcome.FAILED,
            rule="unreadable",
            reasons=(Reason("unreadable", read.error),),
            retry_at=None if quarantined else self._now + RETRY_AFTER,
            raw=read.raw.data if quarantined else None,
            error=read.error,
        )

    def place(self, sightings: Sequence[Sighting], known: Mapping[str, int]) -> None:
        """Old acquaintances lie here too."""
        mailbox_id, generation = self._place.mailbox_id, self._generation
        uids = [each.uid for each in sightings]
        if not uids:
            return
        mail.drop_failures(self._unit, mailbox_id, generation, uids)
        held = mail.held_uids(self._unit, mailbox_id, generation, uids)
        mail.mark_present(self._unit, mailbox_id, generation, held)
        found = [Copy(each.uid, known[each.uid], each.flags) for each in sightings if each.uid not in held]
        mail.insert_copies(self._unit, mailbox_id, generation, found)
        flags = {each.uid: each.flags for each in sightings}
        refresh_threads(self._unit, mail.change_flags(self._unit, mailbox_id, generation, flags))

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
            mail.forget_unfetched(self._unit)


def _blank(message_id: int, read: Read) -> Arrival:
    """The row of a message before its decision."""
    return Arrival(
        id=message_id,
        message=read.message,
        facts=read.facts,
        direction=read.direction,
        received_at=read.received_at,
        unread=read.direction == Direction.INCOMING and SEEN not in read.raw.flags,
        outcome=Outcome.HELD,
    )


def _with_decision(blank: Arrival, decided: Decided) -> Arrival:
    return replace(
        blank,
        outcome=decided.outcome,
        rule=decided.rule,
        reasons=decided.reasons,
        verdict=decided.verdict.kind.value,
        probability=decided.verdict.probability,
    )


def _offers(reads: Sequence[Read], ids: dict[str, int]) -> list[NewOffer]:
    """What the page's mail states of known people."""
    return [
        NewOffer(offer.record_id, offer.field, offer.value, offer.source, ids[read.message.key])
        for read in reads
        for offer in read.offers
    ]


def _addresses(reads: Sequence[Read]) -> set[str]:
    """Everybody named on the page, to be looked up at once."""
    return {
        address.email
        for read in reads
        for address in (read.message.from_, *read.message.recipients, *read.message.reply_to)
        if address and address.email
    }

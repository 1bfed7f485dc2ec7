"""A page of mail read and judged: all that needs no write lock, since other programs wait for that."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from agent.bounces import read_bounce
from agent.bounces.absence import read_absence
from agent.decide import direction_of, received
from agent.judging import JudgeContext, judge
from agent.offers import Offer, offers_of
from agent.parse import parse_message
from agent.rules import Place, Rules
from crm_model.bounces import Absence, BounceReport
from crm_model.errors import BadMessage
from crm_model.links import Verdict, VerdictKind
from crm_model.mail import Direction, MailboxRole, Message, Outcome, RawMessage
from crm_model.records import KnownRecord
from sync.mailboxes.contract import MailPage
from sync.store import known_records, mail
from sync.store.database import Store
from sync.thread_facts import thread_facts
from sync.threads import ThreadFacts

_log = logging.getLogger(__name__)

_ANSWERED = 3  # of a chain, the last messages: what a mail answers


@dataclass(frozen=True, slots=True)
class Read:
    """A message of the page. `outcome` is set where it could not be read or judged, with the `error` in words.

    `verdict` is None then, and for a message that the store has already. `bounce` and `absence` are what such a mail
    says.
    """

    raw: RawMessage
    message: Message
    facts: ThreadFacts
    direction: Direction
    received_at: datetime
    verdict: Verdict | None = None
    offers: tuple[Offer, ...] = ()
    bounce: BounceReport | None = None
    absence: Absence | None = None
    outcome: Outcome | None = None
    error: str = ""


class PageReader:
    """Reads the messages of one folder's page."""

    def __init__(self, place: Place, rules: Rules, now: datetime) -> None:
        self._place, self._rules, self._now = place, rules, now

    def read(self, store: Store, page: MailPage) -> list[Read]:
        """Every message of the page, the oldest first; those that the source could not deliver too."""
        reads = [self._parse(raw) for raw in page.messages]
        reads += [self.unavailable(page.generation, uid, error) for uid, error in page.failed.items()]
        reads.sort(key=lambda read: read.received_at)
        return self._judge(store, reads)

    def refused(self, read: Read, error: str) -> Read:
        """The same message as one that the database refuses to hold."""
        stand_in = _stand_in("refused", read.raw.data, read.raw.size)
        return self._unreadable(read.raw, stand_in, Outcome.QUARANTINED, error)

    def _parse(self, raw: RawMessage) -> Read:
        try:
            message = parse_message(raw)
        except BadMessage as error:
            return self._unreadable(raw, _stand_in("bad", raw.data, raw.size), Outcome.QUARANTINED, str(error))
        except Exception as error:  # one message must never stop the others; its bytes are kept
            _log.exception("parse_failed", extra={"size": raw.size})
            stand_in = _stand_in("bug", raw.data, raw.size)
            return self._unreadable(raw, stand_in, Outcome.QUARANTINED, type(error).__name__)
        return self._known(raw, message)

    def unavailable(self, generation: str, uid: str, error: str) -> Read:
        """A message that its mailbox holds and can't hand out now."""
        identity = f"{self._place.mailbox_id} {generation} {uid}".encode("utf-8", "surrogateescape")
        return self._unreadable(RawMessage(uid, b"", 0), _stand_in(mail.UNFETCHED, identity, 0), Outcome.FAILED, error)

    def _unreadable(self, raw: RawMessage, stand_in: Message, outcome: Outcome, error: str) -> Read:
        return replace(self._known(raw, stand_in), outcome=outcome, error=error)

    def _known(self, raw: RawMessage, message: Message) -> Read:
        """What is known of a message without the store."""
        organisation = self._rules.organisation
        at = received(raw.received_at, message, self._now)
        facts = thread_facts(message, message.sent_at or at, organisation)
        return Read(raw, message, facts, direction_of(message, self._place.role, organisation), at)

    def _judge(self, store: Store, reads: Sequence[Read]) -> list[Read]:
        answered = [node for read in reads for node in read.facts.chain[-_ANSWERED:]]
        with store.read() as unit:
            settled = mail.settled_keys(unit, [read.message.key for read in reads])
            ours = mail.ours_among(unit, answered)
            people = known_records.by_emails(unit, {read.facts.sender for read in reads if read.facts.sender})
        ours |= {read.facts.node for read in reads if read.direction == Direction.OUTGOING}
        return [
            read
            if read.outcome is not None or read.message.key in settled
            else self._judged(
                read,
                JudgeContext(
                    direction=read.direction,
                    reply_to_ours=not ours.isdisjoint(read.facts.chain[-_ANSWERED:]),
                    known_person=read.facts.sender in people,
                    submitted=self._place.role is MailboxRole.FORMS,
                ),
                people.get(read.facts.sender, ()),
            )
            for read in reads
        ]

    def _judged(self, read: Read, context: JudgeContext, people: Sequence[KnownRecord]) -> Read:
        organisation = self._rules.organisation
        try:
            verdict = judge(read.message, organisation, context)
            offers = offers_of(
                read.message, verdict, people if read.direction == Direction.INCOMING else (), organisation
            )
            return _came_back(replace(read, verdict=verdict, offers=offers))
        except Exception as error:  # as for parsing: this message is tried again, the others go on
            _log.exception("judge_failed", extra={"size": read.raw.size})
            return replace(read, outcome=Outcome.FAILED, error=type(error).__name__)


def _came_back(read: Read) -> Read:
    """What a bounce or an automatic answer says beside being one."""
    kind = read.verdict.kind if read.verdict is not None and read.direction == Direction.INCOMING else None
    if kind is VerdictKind.BOUNCE:
        return replace(read, bounce=read_bounce(read.raw.data))
    if kind is VerdictKind.AUTO_REPLY:
        said = f"{read.message.subject}\n{read.message.text}"
        return replace(read, absence=read_absence(said, read.received_at.date()))
    return read


def _stand_in(why: str, identity: bytes, size: int) -> Message:
    """What is kept in place of a message that can't be read: an identity that no change of line ends alters."""
    plain = b"\n".join(identity.split())
    return Message(key=f"{why} {blake2b(plain, digest_size=16).hexdigest()}", message_id=None, size=size)

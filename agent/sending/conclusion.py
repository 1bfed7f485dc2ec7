"""What follows when a mail of ours has left: it is judged, linked and logged like one that came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.decide import decide, direction_of
from agent.effects import Effects
from agent.judging import JudgeContext, judge
from agent.page_records import PageRecords
from agent.sending.way_out import Work
from crm_model.links import Verdict
from crm_model.mail import Direction, MailboxRole, Message, Outcome
from sync.store import known_records, outgoing_messages
from sync.store.database import Unit
from sync.store.mail import Arrival
from sync.store.thread_summary import refresh_threads
from sync.thread_facts import thread_facts


def judge_sent(work: Work, message: Message) -> Verdict:
    """Outside the transaction, as for mail that comes."""
    organisation = work.rules.organisation
    sender = message.from_.email if message.from_ else ""
    with work.store.read() as unit:
        people = known_records.by_emails(unit, {sender})
    direction = direction_of(message, MailboxRole.SENT, organisation)
    return judge(message, organisation, JudgeContext(direction, reply_to_ours=False, known_person=sender in people))


def conclude(work: Work, unit: Unit, message_id: int, message: Message, verdict: Verdict) -> None:
    """Decide where it belongs, and do what follows; the message's row is there already."""
    thread_id = outgoing_messages.thread_of(unit, message_id)
    if thread_id is None:
        return
    now, rules = datetime.now(UTC), work.rules
    people = {each.email for each in (message.from_, *message.recipients) if each and each.email}
    records = PageRecords(unit, people, {thread_id}, now)
    effects = Effects(unit, rules, records, work.tally, now)
    decided = decide(message, verdict, records.of_thread(thread_id), rules, age=timedelta(0))
    blank = Arrival(
        id=message_id,
        message=message,
        facts=thread_facts(message, message.sent_at or now, rules.organisation),
        direction=Direction.OUTGOING,
        received_at=now,
        unread=False,
        outcome=Outcome.HELD,
    )
    effects.note(decided, thread_id, blank)
    outgoing_messages.decide(
        unit,
        message_id,
        replace(
            blank,
            outcome=decided.outcome,
            rule=decided.rule,
            reasons=decided.reasons,
            verdict=verdict.kind.value,
            probability=verdict.probability,
        ),
    )
    effects.write()
    refresh_threads(unit, [thread_id])

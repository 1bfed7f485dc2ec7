"""One message, one outcome: its direction, where it belongs, and what follows from that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent.linking import LinkView, decide_link
from agent.rules import Rules
from crm_model.links import AskUser, Candidate, CreateLead, Ignored, LinkDecision, Linked, Reason, Verdict
from crm_model.mail import Direction, MailboxRole, Message, Outcome
from crm_model.organisation import Organisation
from crm_model.records import Fields

AUTOMATIC_LEAD_AGE = timedelta(days=14)
"""Older enquiries (a first pass over years of mail) are suggested, never made into leads by themselves."""

ASKING_AGE = timedelta(days=90)
"""Which deal older mail of a known person was about is not asked: a first pass would ask for thousands."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a message turned out to be and what is to be done. With `links` too, `ask` holds deals alone."""

    outcome: Outcome
    verdict: Verdict
    rule: str
    reasons: tuple[Reason, ...]
    links: tuple[Candidate, ...] = ()
    ask: tuple[Candidate, ...] = ()
    suggest_lead: Fields | None = None
    create_lead: Fields | None = None
    odds: float = 0.0


def direction_of(message: Message, role: MailboxRole, organisation: Organisation) -> Direction:
    """Who wrote to whom. Forms on our own site write from our addresses, yet speak for a stranger."""
    sender = message.from_.email if message.from_ else ""
    if role is MailboxRole.FORMS or sender in organisation.form_senders:
        return Direction.INCOMING
    if not sender or not organisation.is_own(sender):
        return Direction.OUTGOING if role == MailboxRole.SENT and not organisation.domains else Direction.INCOMING
    if any(not organisation.is_own(address.email) for address in message.recipients):
        return Direction.OUTGOING
    return Direction.INTERNAL


def decide(message: Message, verdict: Verdict, view: LinkView, rules: Rules, *, age: timedelta) -> Decided:
    """Where a judged message belongs; nothing is written."""
    wanted = verdict.submitted.leads if verdict.submitted else ""
    auto = (wanted == "auto" if wanted else rules.auto_leads) and age <= AUTOMATIC_LEAD_AGE
    decided = _decided(verdict, decide_link(message, verdict, view, rules.organisation, auto_leads=auto))
    return replace(decided, ask=()) if decided.links and age > ASKING_AGE else decided


def _decided(verdict: Verdict, decision: LinkDecision) -> Decided:
    match decision:
        case Linked(candidates, ask):
            best = candidates[0]
            reasons = _told(*verdict.reasons, *(each.reason for each in candidates))
            return Decided(
                Outcome.LINKED, verdict, best.reason.rule, reasons, links=candidates, ask=ask, odds=best.odds
            )
        case AskUser(candidates):
            best = candidates[0]
            reasons = _told(*verdict.reasons, best.reason)
            return Decided(Outcome.SUGGESTED, verdict, best.reason.rule, reasons, ask=candidates, odds=best.odds)
        case CreateLead(fields, odds, reason, automatic):
            reasons = _told(reason, *verdict.reasons)
            if automatic:
                return Decided(Outcome.LINKED, verdict, reason.rule, reasons, create_lead=fields, odds=odds)
            return Decided(Outcome.SUGGESTED, verdict, reason.rule, reasons, suggest_lead=fields, odds=odds)
        case Ignored(reason, held):
            outcome = Outcome.HELD if held else Outcome.IGNORED
            return Decided(outcome, verdict, reason.rule, _told(*verdict.reasons, reason))


def _told(*reasons: Reason) -> tuple[Reason, ...]:
    """Each reason once."""
    return tuple(dict.fromkeys(reasons))


def received(raw_received_at: datetime | None, message: Message, now: datetime) -> datetime:
    """When a message came: the mailbox's word, else its Date unless that lies in the future, else now."""
    at = raw_received_at or message.sent_at or now
    return min(at, now)

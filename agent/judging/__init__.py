"""What a message is, and who wants something of us: rules over one message, each with its reason."""

from __future__ import annotations

from dataclasses import replace

from agent.judging.evidence import Evidence, JudgeContext
from agent.judging.fields import read_fields, read_signature
from agent.judging.fields.phones import by_telephone
from agent.judging.rules import CONTENT, RULES, Rule
from crm_model.links import Reason, Verdict, VerdictKind
from crm_model.mail import Direction, Message
from crm_model.organisation import Organisation
from crm_model.records import Fields

__all__ = ["OFFERED", "JudgeContext", "judge", "read_sender"]

OFFERED = ("phone", "mobile", "title", "website", "street", "postcode", "city", "country")
"""What a known person's own mail may add to the record."""

_STRANGER = JudgeContext(Direction.INCOMING, reply_to_ours=False, known_person=False)


def judge(message: Message, organisation: Organisation, context: JudgeContext) -> Verdict:
    """What `message` is, how likely, why, and the fields of a lead with the source of each if it makes one.

    Never raises for whatever a message holds; reads at most the first 20,000 characters of its text.
    """
    mail = Evidence(message, organisation, context, _judge_inner)
    verdict = _first(RULES, mail)
    if not verdict.creates_lead and verdict.submitted is None:
        return verdict
    fields, sources = read_fields(mail, verdict.kind)
    return replace(verdict, fields=fields, sources=sources)


def read_sender(message: Message, organisation: Organisation) -> tuple[Fields, dict[str, str]]:
    """What the sender of a letter states of himself, numbers, title, web site, address, and where each stood."""
    mail = Evidence(message, organisation, _STRANGER, _judge_inner)
    fields, sources = read_signature(mail)
    stated = by_telephone(fields)
    if "mobile" not in sources and "mobile" in stated:
        sources["mobile"] = sources.get("phone", "")
    return {name: stated[name] for name in OFFERED if name in stated}, sources


def _judge_inner(message: Message, organisation: Organisation) -> Verdict:
    """A message out of another one (forwarded, typed into a form) as if a stranger had sent it."""
    mail = Evidence(message, organisation, _STRANGER, _judge_inner)
    return _first(RULES if message.from_ is not None else CONTENT, mail)


def _first(rules: tuple[Rule, ...], mail: Evidence) -> Verdict:
    for rule in rules:
        verdict = rule(mail)
        if verdict is not None:
            return verdict
    reason = Reason("nothing", "no rule recognises it")
    return Verdict(VerdictKind.OTHER, 0.5, creates_lead=False, reasons=(reason,))

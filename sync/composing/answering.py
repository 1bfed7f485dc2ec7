"""The beginning of a reply or a forward: to whom, about what, with the older text quoted and the ids that thread it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crm_model.mail import Address, Attachment, Direction
from crm_model.safe_text import safe_line, safe_text
from sync.composing.draft import Desk, Draft, DraftKind, Identity
from sync.composing.flowed import FORWARDED, quote
from sync.composing.mime import chain_of
from sync.composing.recipients import show_recipients
from sync.subjects import base_subject

_LONGEST_QUOTE = 60_000  # characters; the whole of it stands in the mail that is answered


@dataclass(frozen=True, slots=True)
class Answerable:
    """A stored message as answering needs it. `accounts` hold a copy of it, `message_id` is "" if it has none."""

    id: int
    thread_id: int
    message_id: str
    references: tuple[str, ...]
    subject: str
    from_: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    at: datetime
    text: str
    direction: Direction
    attachments: tuple[Attachment, ...]
    accounts: tuple[str, ...]


def begin_answer(message: Answerable, kind: DraftKind, desk: Desk, when: str) -> Draft:
    """A reply or a forward to be written on; `when` is the message's time in words. Errors: NotSupported."""
    identity = _identity_for(message, desk)
    if kind is DraftKind.FORWARD:
        return _forward(message, identity, when)
    to, cc = _answered(message, desk.own_addresses())
    return Draft(
        account=identity.account,
        to=show_recipients(to),
        cc=show_recipients(cc) if kind is DraftKind.REPLY_ALL else "",
        subject=_reply_subject(message.subject),
        text=_body(identity, f"{_attribution(message, when)}\n{quote(_quoted(message))}\n"),
        kind=kind,
        answers=message.id,
        thread_id=message.thread_id,
        in_reply_to=message.message_id,
        references=chain_of(message.references, message.message_id),
    )


def begin_mail(identity: Identity, *, to: str = "", record_id: int | None = None) -> Draft:
    """A new mail to be written on."""
    return Draft(account=identity.account, to=to, text=_body(identity, ""), record_id=record_id)


def sign_anew(text: str, before: Identity, after: Identity) -> str:
    """The text with the other account's signature, unless the person changed the one that stands there."""
    old, new = _signature(before), _signature(after)
    if old == new or not old or old not in text:
        return text
    return text.replace(old, new, 1)


def _identity_for(message: Answerable, desk: Desk) -> Identity:
    """Who was written to answers; else whoever's mailbox holds the mail; else the first account."""
    named = {each.email for each in (message.from_, *message.to, *message.cc)}
    able = desk.identities
    written_to = next((each for each in able if each.address.email.lower() in named), None)
    holding = next((each for each in able if each.account in message.accounts), None)
    return written_to or holding or desk.identity()


def _answered(message: Answerable, ours: frozenset[str]) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Who is answered, and who else gets it when all are. An answer to mail of ours goes where that went."""
    if message.from_.email in ours or message.direction is Direction.OUTGOING:
        to, others = message.to, message.cc
    else:
        to = message.reply_to or ((message.from_,) if message.from_.email else ())
        others = (*message.to, *message.cc)
    strangers = tuple(_without(to, ours)) or to
    taken = ours | {each.email for each in strangers}
    return strangers, tuple(_without(others, taken))


def _without(people: Iterable[Address], left_out: frozenset[str]) -> Iterable[Address]:
    seen = set(left_out)
    for each in people:
        if each.email and each.email not in seen:
            seen.add(each.email)
            yield each


def _reply_subject(subject: str) -> str:
    line = safe_line(subject)
    return line if base_subject(line)[1] else f"Re: {line}"


def _forward(message: Answerable, identity: Identity, when: str) -> Draft:
    people = [
        ("From", show_recipients((message.from_,))),
        ("Date", when),
        ("Subject", safe_line(message.subject)),
        ("To", show_recipients(message.to)),
        ("Cc", show_recipients(message.cc)),
    ]
    heads = "\n".join(f"{name}: {value}" for name, value in people if value)
    quoted = f"{FORWARDED}\n{heads}\n\n{_quoted(message)}\n"
    return Draft(
        account=identity.account,
        subject=f"Fwd: {safe_line(message.subject)}",
        text=_body(identity, quoted),
        kind=DraftKind.FORWARD,
        answers=message.id,
        thread_id=message.thread_id,
        references=chain_of(message.references, message.message_id),
        forwarded=tuple(each.part for each in message.attachments),
    )


def _attribution(message: Answerable, when: str) -> str:
    return f"On {when}, {show_recipients((message.from_,)) or 'somebody'} wrote:"


def _quoted(message: Answerable) -> str:
    text = safe_text(message.text).strip("\n")
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}\n[…]"


def _body(identity: Identity, below: str) -> str:
    """Room to write, the signature, what is quoted."""
    return "\n\n".join(("", *filter(None, (_signature(identity), below))))


def _signature(identity: Identity) -> str:
    signature = safe_text(identity.signature).strip("\n")
    return f"-- \n{signature}" if signature else ""

"""What threading needs of a message, taken from its headers."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import blake2b

from crm_model.mail import Address, Message
from crm_model.organisation import Organisation
from sync.subjects import base_subject
from sync.threads import ThreadFacts

# Nodes that are no Message-ID hold a blank, which no normalised id can.
_TICKET = re.compile(r"[\[(](?:[^\[\]()#]{0,20}#\s?\d{2,12}|[A-Z][A-Z0-9]{1,9}-\d{1,10})[\])]")
_MAX_PARTIES = 50
_REPORTS = ("multipart/report", "message/delivery-status", "message/disposition-notification")


def thread_facts(message: Message, at: datetime, organisation: Organisation) -> ThreadFacts:
    """The facts of a message that was sent or, if its Date is unusable, received `at`."""
    subject, replied = base_subject(message.subject)
    parties = _parties(message, organisation)
    counterparty = parties[0] if parties else ""
    own_ids = {address.email for address in (message.from_, *message.recipients) if address}
    answers = tuple(node for node in message.in_reply_to if node not in own_ids)
    trusted = answers if message.in_reply_to_clean else ()
    chain = tuple(dict.fromkeys((*message.references, *trusted)))
    return ThreadFacts(
        key=message.key,
        node=message.message_id or f"key {message.key}",
        at=at,
        chain=chain,
        hints=tuple(node for node in dict.fromkeys((*answers, *_reported(message))) if node not in chain),
        tags=_tags(message, counterparty),
        subject=subject,
        subject_key=_subject_key(subject, counterparty),
        sender=message.from_.email if message.from_ else "",
        parties=frozenset(parties),
        orphan_reply=replied and not chain and not answers,
        conversation=message.conversation,
    )


def _reported(message: Message) -> tuple[str, ...]:
    """The ids of the mails that a bounce or receipt is about (RFC 3462): few such reports name them in References."""
    if not any(kind.startswith(_REPORTS) for kind in message.content_types):
        return ()
    return tuple(inner.message_id for inner in message.embedded if inner.message_id)


def _parties(message: Message, organisation: Organisation) -> list[str]:
    """Addresses that are not ours, the counterparty first: the sender, else the first recipient."""
    found: list[Address] = [*([message.from_] if message.from_ else []), *message.recipients, *message.reply_to]
    emails = dict.fromkeys(address.email for address in found if address.email)
    return [email for email in list(emails)[:_MAX_PARTIES] if not organisation.is_own(email)]


def _subject_key(subject: str, counterparty: str) -> str:
    if not subject or not counterparty:
        return ""
    return blake2b(f"{counterparty}\n{subject}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _tags(message: Message, counterparty: str) -> tuple[str, ...]:
    domain = counterparty.rpartition("@")[2]
    tickets = tuple(f"ticket {domain} {tag}" for tag in dict.fromkeys(_TICKET.findall(message.subject[:500])) if domain)
    # People reuse an old mail as an address book: the same index with another topic is another talk.
    if message.thread_index:
        topic = base_subject(message.thread_topic or message.subject)[0]
        return (*tickets, f"index {message.thread_index} {_subject_key(topic, 'topic')}")
    return tickets

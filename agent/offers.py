"""What a known person's mail states of himself and his record lacks: offered to a person, never written silently."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.judging import OFFERED, read_sender
from crm_model.links import Verdict, VerdictKind
from crm_model.mail import Message
from crm_model.organisation import Organisation
from crm_model.records import KnownRecord, RecordKind

_NUMBERS = ("phone", "mobile")  # a number that stands in one of them is not offered for the other
# Nobody signs these by hand.
_UNSIGNED = frozenset(
    (
        *(VerdictKind.NEWSLETTER, VerdictKind.NOTIFICATION, VerdictKind.AUTO_REPLY, VerdictKind.BOUNCE),
        *(VerdictKind.CALENDAR, VerdictKind.SPAM, VerdictKind.WEB_FORM),
    )
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A value for an empty field of the sender's record; `source` says where in the mail it stood."""

    record_id: int
    field: str
    value: str
    source: str


def offers_of(
    message: Message, verdict: Verdict, people: Sequence[KnownRecord], organisation: Organisation
) -> tuple[Offer, ...]:
    """Offers for the sender's record, a contact before a lead; () if nothing is missing there or stated here."""
    record = next((each for each in people if each.kind is RecordKind.CONTACT), people[0] if people else None)
    if record is None or not record.is_open or verdict.kind in _UNSIGNED:
        return ()
    if all(record.fields.get(name) for name in OFFERED):
        return ()
    stated, sources = read_sender(message, organisation)
    held = {re.sub(r"\D", "", str(record.fields.get(name) or ""))[-8:] for name in _NUMBERS}
    return tuple(
        Offer(record.id, name, str(value), sources.get(name, ""))
        for name, value in stated.items()
        if value and not record.fields.get(name) and not (name in _NUMBERS and str(value)[-8:] in held)
    )

"""Verdicts on messages and decisions on links: each says why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from crm_model.records import Fields


class VerdictKind(StrEnum):
    """What a message is; the words of the labelled sets."""

    ENQUIRY = "enquiry"
    WEB_FORM = "web_form"
    FORWARDED_ENQUIRY = "forwarded_enquiry"
    NEWSLETTER = "newsletter"
    NOTIFICATION = "notification"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    CALENDAR = "calendar"
    INTERNAL = "internal"
    PITCH = "pitch"
    SUPPORT = "support"
    SPAM = "spam"
    RECRUITING = "recruiting"
    INVOICE = "invoice"
    PERSONAL = "personal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the rule's name and what it saw, in words for a person. Never a body, at most a short phrase."""

    rule: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """A message is what came through our own form of this name: its fields were asked for one by one, none is guessed.

    `leads` is suggest, auto or "" (as for mail).
    """

    form: str
    leads: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a message is. `fields` are a lead's fields as far as they were stated, `sources` where each came from."""

    kind: VerdictKind
    probability: float
    creates_lead: bool
    reasons: tuple[Reason, ...]
    fields: Fields = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    submitted: Submitted | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that a thread may belong to. `record_id` is the store's id."""

    record_id: int
    odds: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class FilingRule:
    """A person's standing instruction: mail with `sender` that speaks of all `words` goes to `record_id`.

    `sender` is an address or `@domain` (its subdomains too), `words` are folded beginnings of words, () for any mail.
    `record_id` None: such mail never makes a lead. `id` is 0 until the rule is kept.
    """

    sender: str
    words: tuple[str, ...] = ()
    record_id: int | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Linked:
    """Sure enough to link without asking: the best record of each kind (person, account, opportunity).

    `ask`: open deals that the message may be about, the likeliest first, where nothing says which; a person chooses.
    """

    candidates: tuple[Candidate, ...]
    ask: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateLead:
    """An enquiry of somebody unknown. `fields` for the lead; `automatic` if configuration lets the agent create it."""

    fields: Fields
    odds: float
    reason: Reason
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class AskUser:
    """Unsure: the best candidates in order, for a person to choose with one key."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """No record wants this. `held` keeps it in sight because no rule says that it is noise."""

    reason: Reason
    held: bool = False


LinkDecision = Linked | CreateLead | AskUser | Ignored

CREATE_LEAD, LINK, DEAL = "create_lead", "link", "deal"
"""What the agent asks a person: make this lead; which of these records is it; which deal, where the person is known?"""

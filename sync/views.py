"""What the screen and the command line are shown: frozen rows, never the database's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from crm_model.bounces import AddressState
from crm_model.links import FilingRule, Reason
from crm_model.mail import Address, Attachment, DeliveryState, Direction, Outcome
from crm_model.records import ActivityKind, FieldSpec, FieldValue, RecordKind
from sync.surroundings import Surroundings
from sync.tracking_views import MailTracking, PersonReading


class Mailview(StrEnum):
    """The filters of the conversation list."""

    TRIAGE = "triage"  # not archived, not noise, not put off; what is due stands first
    DUE = "due"  # its next touch, or a task of its record, has come
    LATER = "later"  # put off until its next touch
    UNREAD = "unread"
    SUGGESTED = "suggested"
    LINKED = "linked"
    UNLINKED = "unlinked"
    WAITING = "waiting"  # linked, and the last word is theirs
    OWING = "owing"  # so for longer than it should be
    AWAITED = "awaited"  # linked, the last word is ours, and an answer is due
    COLD = "cold"  # a lead or an opportunity goes on and nobody has written for long
    NOISE = "noise"
    ARCHIVED = "archived"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A conversation in a list. `waiting` is "us" when the last word is theirs, "them" when it is ours, else ""."""

    id: int
    subject: str
    people: str
    snippet: str
    last_at: datetime | None
    message_count: int
    unread_count: int
    attachment_count: int
    linked: bool
    suggested: bool
    noise: bool
    archived: bool
    waiting: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """How far a mail of ours is. `due_at` is when it leaves, `sent_at` when it did, `error` the reason and the mend.

    `refused` are recipients (address, the server's reason) who don't get it, `waiting` those who don't have it yet.
    """

    id: int
    account: str
    state: DeliveryState
    to: str
    subject: str
    due_at: datetime | None
    sent_at: datetime | None
    created_at: datetime
    attempts: int
    error: str
    refused: tuple[tuple[str, str], ...] = ()
    waiting: tuple[str, ...] = ()
    thread_id: int | None = None


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of a conversation. `text` is what its author wrote now; `quoted` and `signature` can be folded.

    `flags` are those of its copies, in IMAP spelling (`\\flagged`, `\\answered`).
    """

    id: int
    from_: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    at: datetime
    subject: str
    direction: Direction
    text: str
    quoted: str
    signature: str
    attachments: tuple[Attachment, ...]
    unread: bool
    truncated: bool
    verdict: str
    probability: float
    outcome: Outcome
    rule: str
    reasons: tuple[Reason, ...]
    delivery: DeliveryView | None = None
    flags: frozenset[str] = frozenset()
    tracking: MailTracking | None = None


@dataclass(frozen=True, slots=True)
class LinkRow:
    """Why a conversation is linked to a record. `author` is "agent" or a person.

    `broken`: the record is gone from the CRM; `merged`: it was merged into another one, which is linked, too.
    """

    record_id: int
    crm: str
    kind: RecordKind
    title: str
    rule: str
    evidence: str
    odds: float
    author: str
    created_at: datetime
    broken: bool = False
    merged: bool = False


@dataclass(frozen=True, slots=True)
class CandidateRow:
    record_id: int
    kind: RecordKind
    title: str
    odds: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """Make this lead (`fields`)? Which of these `candidates`? `about_deal`: which deal, the rest being linked."""

    id: int
    thread_id: int
    kind: str
    odds: float
    fields: dict[str, FieldValue]
    candidates: tuple[CandidateRow, ...]
    reasons: tuple[Reason, ...]
    created_at: datetime
    about_deal: bool = False


@dataclass(frozen=True, slots=True)
class NextTouch:
    """When a conversation comes back, and what is to be done then ("" if nobody said)."""

    at: datetime
    what: str = ""


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A whole conversation, oldest message first, its links (best record first) and the open question, if any.

    `next_touch` is the viewer's own, as long as it stands.
    """

    thread: ThreadRow
    messages: tuple[MessageView, ...]
    links: tuple[LinkRow, ...]
    suggestion: SuggestionView | None
    next_touch: NextTouch | None = None


@dataclass(frozen=True, slots=True)
class ConflictView:
    """The same field edited here and in the CRM."""

    id: int
    field: str
    base: FieldValue
    mine: FieldValue
    theirs: FieldValue
    mine_by: str
    mine_at: datetime | None
    theirs_by: str
    theirs_at: datetime | None


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """Something of a record that waits for a person: a field's conflict (`label`), or a change that was refused."""

    record_id: int
    kind: RecordKind
    title: str
    label: str = ""
    conflict: ConflictView | None = None
    error: str = ""
    change_id: int = 0


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field with what is going on: `pending` waits for the CRM, `error` is the CRM's refusal, `conflict` both values.

    `altered`: the CRM took an edit but holds something else than it was sent, as a sentence.
    `display` is the value in words (a picklist's label, an owner's name, the title of a referenced record).
    """

    spec: FieldSpec
    value: FieldValue
    display: str
    pending: bool = False
    error: str = ""
    conflict: ConflictView | None = None
    altered: str = ""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record in a list or a search result. `subtitle` tells namesakes apart: company, stage, address."""

    id: int
    crm: str
    kind: RecordKind
    title: str
    subtitle: str
    state: str
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """`pending` waits for the CRM, `error` is the CRM's refusal."""

    id: int
    kind: str
    subject: str
    body: str
    author: str
    at: datetime
    due_at: datetime | None
    done: bool
    pending: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a CRM can do, as far as a person could ask for it."""

    kinds: frozenset[RecordKind] = frozenset(RecordKind)
    activities: frozenset[ActivityKind] = frozenset(ActivityKind)
    convert_lead: bool = True
    delete: bool = True


@dataclass(frozen=True, slots=True)
class FieldOffer:
    """A value that a person stated in a mail, for a field that the record leaves empty."""

    id: int
    record_id: int
    field: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record for the sidebar and for `hitchpost record`. `url` is its page in the CRM.

    `confirmed`: a person has said that we may write to its CRM. `addresses`: those of its e-mail addresses of which
    something came back.
    """

    id: int
    crm: str
    kind: RecordKind
    remote_id: str
    title: str
    state: str
    fields: tuple[FieldView, ...]
    owner: str
    account: RecordRow | None
    people: tuple[RecordRow, ...]
    opportunities: tuple[RecordRow, ...]
    activities: tuple[ActivityRow, ...]
    threads: tuple[ThreadRow, ...]
    conflicts: tuple[ConflictView, ...]
    offers: tuple[FieldOffer, ...]
    pending: int
    refused: tuple[str, ...]
    modified_at: datetime | None
    modified_by: str
    url: str
    abilities: Abilities = field(default_factory=Abilities)
    confirmed: bool = True
    reading: PersonReading | None = None
    addresses: tuple[AddressState, ...] = ()
    around: Surroundings = field(default_factory=Surroundings)


@dataclass(frozen=True, slots=True)
class ActionRow:
    """Something a person did that can be undone."""

    id: int
    at: datetime
    author: str
    label: str
    undone: bool


@dataclass(frozen=True, slots=True)
class PlaceStatus:
    """A mail account, a folder or a CRM: how it is.

    `held_back`, in words: what waits for a person's word before anything is written to this CRM.
    """

    name: str
    kind: str
    last_success_at: datetime | None
    error: str
    error_at: datetime | None
    login_needed: bool
    count: int = 0
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class StatusView:
    """What `hitchpost status` and the header show."""

    mail_accounts: tuple[PlaceStatus, ...]
    folders: tuple[PlaceStatus, ...]
    crms: tuple[PlaceStatus, ...]
    outcomes: dict[str, int] = field(default_factory=dict)
    threads: int = 0
    unread: int = 0
    suggestions: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0
    quarantined: int = 0
    retries: int = 0
    outgoing: dict[str, int] = field(default_factory=dict)
    seq: int = 0
    agent_runs: bool = True


@dataclass(frozen=True, slots=True)
class Configured:
    """The names that the configuration has today; the database still knows those that were removed."""

    mail_accounts: frozenset[str]
    crms: frozenset[str]

    def keep(self, status: StatusView) -> StatusView:
        """The status without the places that nobody looks after any more."""
        folders = tuple(f"{name}: " for name in self.mail_accounts)
        return replace(
            status,
            mail_accounts=tuple(place for place in status.mail_accounts if place.name in self.mail_accounts),
            folders=tuple(place for place in status.folders if place.name.startswith(folders)),
            crms=tuple(place for place in status.crms if place.name in self.crms),
        )


@dataclass(frozen=True, slots=True)
class FilingRuleRow:
    """A filing rule as a list shows it. `broken`: its record is gone or over."""

    rule: FilingRule
    title: str
    author: str
    created_at: datetime
    broken: bool = False


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What a filing rule would have done to the last `days`: mails it means, conversations that would be new on its
    record, those on it already, those that a person took off it (they stay off); a few subjects of the new ones."""

    days: int
    mails: int
    new_threads: tuple[int, ...]
    linked_threads: int
    refused_threads: int
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProposedRule:
    """A rule that corrections teach, with its record's title ("" for one against leads) and how many taught it."""

    rule: FilingRule
    title: str
    corrections: int

"""What the lists of other things than conversations show: leads, opportunities by stage, sent mail, problems."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crm_model.records import RecordKind
from sync.tracking_views import MailTracking
from sync.views import DeliveryView, Mailview


class Deskview(StrEnum):
    """Lists beside those of conversations. A key of one is the id of a record, a mail of ours or a problem."""

    LEADS = "leads"
    PIPELINE = "pipeline"
    SENT = "sent"
    PROBLEMS = "problems"


VIEWS: Mapping[str, Mailview | Deskview] = {view.value: view for view in (*Mailview, *Deskview)}
"""Every list by the word that it is kept and asked for by."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Money of one currency, in hundredths; `weighted` by each opportunity's probability."""

    currency: str
    amount: int
    weighted: int


@dataclass(frozen=True, slots=True)
class StageRow:
    """A heading of the pipeline: a sales stage, or all of them together (""). It has room for the first sum.

    `goes_on`: it is a line under a heading, for two more currencies.
    """

    label: str
    count: int
    sums: tuple[Sum, ...]
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class DealRow:
    """A lead or an opportunity in its list. `amount` is in hundredths, None where none stands.

    `on` is the ISO day on which it closes or is to be contacted, "" for none; `company` its account or the lead's own.
    """

    id: int
    kind: RecordKind
    title: str
    company: str
    stage: str
    amount: int | None
    currency: str
    probability: int | None
    on: str


@dataclass(frozen=True, slots=True)
class SentRow:
    """A mail of ours and what is known of its being read, None where nothing is followed."""

    delivery: DeliveryView
    tracking: MailTracking | None = None


class ProblemKind(StrEnum):
    CONFLICT = "conflict"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    SIGN_IN = "sign_in"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """Something that waits for a person, with the sentence that says what, and what it is on.

    `outgoing_id` is the mail of the outbox that did not leave.
    """

    id: int
    kind: ProblemKind
    title: str
    words: str
    record_id: int | None = None
    thread_id: int | None = None
    outgoing_id: int | None = None


DeskRow = StageRow | DealRow | SentRow | ProblemRow


@dataclass(frozen=True, slots=True)
class DeskKeys:
    """The keys of a list; a negative key is a heading of `headings`."""

    keys: array[int]
    headings: Mapping[int, StageRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view with a search, under a name."""

    name: str
    view: Mailview | Deskview
    text: str

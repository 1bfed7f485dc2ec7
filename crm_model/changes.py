"""Changes on their way to a CRM, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from crm_model.records import Activity, Conversion, Fields, FieldValue


class ChangeKind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    CONVERT = "convert"
    LOG = "log"
    ATTACH = "attach"


class ChangeState(StrEnum):
    """pending -> claimed -> done | refused | conflict; a claim that runs out goes back to pending."""

    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"
    REFUSED = "refused"
    CONFLICT = "conflict"
    CANCELLED = "cancelled"


UNSETTLED = (ChangeState.PENDING.value, ChangeState.CLAIMED.value)
"""States of a change that may still reach the CRM."""


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file of a stored message, as it is to hang on a record: where its bytes lie, and how the CRM shall call it.

    `message_id` is the message's row, `part` the part's number in it (`Attachment.part`), `size_bytes` as far as known.
    """

    message_id: int
    part: str
    name: str
    content_type: str = "application/octet-stream"
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the outbox. `key` is the idempotency key; `base` the fields as they were when the person began.

    `record_id` is the store's own id; an activity's change names the record that the activity is about, and the
    store's own id of the activity. A file's change names the record that the file hangs on.
    """

    id: int
    key: str
    crm: str
    kind: ChangeKind
    record_id: int
    fields: Fields = field(default_factory=dict)
    base: Fields = field(default_factory=dict)
    conversion: Conversion | None = None
    activity: Activity | None = None
    activity_id: int | None = None
    file: MailFile | None = None
    author: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """The same field edited on both sides since `base`."""

    name: str
    base: FieldValue
    mine: FieldValue
    theirs: FieldValue


@dataclass(frozen=True, slots=True)
class Merged:
    """A three-way merge: `fields` as they are now, `to_push` what the CRM lacks, `conflicts` for a person."""

    fields: Fields
    to_push: Fields
    conflicts: tuple[FieldConflict, ...]

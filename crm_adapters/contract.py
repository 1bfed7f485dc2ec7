"""What a CRM backend promises. `crm_adapters.testing.AdapterContract` proves it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from crm_model.errors import HitchpostError, LoginNeeded, NotFound, NotSupported, TryLater
from crm_model.options import Connection, OptionSpec
from crm_model.records import (
    Activity,
    ActivityKind,
    AttachedFile,
    Conversion,
    Converted,
    Fields,
    FieldSpec,
    FileContent,
    Owner,
    Record,
    RecordKind,
    Ref,
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do: a pass leaves out what it can't, the screen hides it, the contract tests both sides.

    `deletions`: `changes` names every removed record; without it some at most, so ask `gone` from time to time.
    `keeps_keys`: the CRM holds idempotency keys; without it, a creation first looks for the same content.
    `checks_revision`: the CRM itself refuses an old revision; without it, the adapter compares just before it writes.
    `message_ids`: e-mails keep their Message-ID; `mail_threads`: they are shown as conversations.
    `emoji`: characters beyond U+FFFF survive; without it they are replaced by words before they are sent.
    `batch_size`: how many writes `write` sends in one call; `parallel_calls`: how many threads may call at once, with
    an adapter each; `longest_body`: characters of an activity's text.
    """

    kinds: frozenset[RecordKind] = frozenset(RecordKind)
    activities: frozenset[ActivityKind] = frozenset(ActivityKind)
    convert_lead: bool = True
    delete: bool = True
    owners: bool = True
    relations: bool = True
    files: bool = True
    deletions: bool = True
    keeps_keys: bool = True
    checks_revision: bool = True
    message_ids: bool = True
    mail_threads: bool = False
    emoji: bool = True
    batch_size: int = 1
    parallel_calls: int = 1
    longest_body: int | None = None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records changed since a cursor, oldest change first. `removed` are ids deleted or merged away.

    `merged` maps a removed id to the record it went into, where the CRM says so. `cursor` is opaque and is kept only
    after the page is stored; `more` says that another page waits now. A change may come twice (overlap), never not at
    all. An id in `removed` is checked: it is not there any more.
    """

    records: Sequence[Record]
    removed: Sequence[str]
    cursor: str
    more: bool = False
    merged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a batch: a creation once per `key`, or with a `record_id` an update under `if_revision`."""

    kind: RecordKind
    fields: Fields
    key: str = ""
    record_id: str = ""
    if_revision: str = ""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What `crm test` shows: product and version in words, records per kind, who we are there.

    `notes` are sentences on what this server does otherwise or lacks.
    """

    product: str
    counts: dict[RecordKind, int] = field(default_factory=dict)
    user: str = ""
    notes: tuple[str, ...] = ()


class Adapter(ABC):
    """One CRM, one user. Calls may block; they raise only errors of `crm_model.errors`. Not shared by threads: each
    thread opens one of its own, and they share the login.

    A record in an answer is what the CRM holds, read back, not what was sent: whoever asked compares, and reports what
    the CRM made something else of. Values the CRM would mangle silently are refused before they are sent.
    """

    name: str
    capabilities: Capabilities

    @abstractmethod
    def test(self) -> ServerInfo:
        """Log in and count. Errors: LoginNeeded, Unreachable, ConfigError."""

    @abstractmethod
    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        """The fields of a kind in the order a form shows them. Errors: NotSupported for a kind it lacks."""

    @abstractmethod
    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        """Leads and contacts that hold one of these addresses, main or other, compared without case, each once."""

    @abstractmethod
    def get(self, kind: RecordKind, record_id: str) -> Record:
        """One record as it is now. Errors: NotFound."""

    @abstractmethod
    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        """Make a record once per `key`: the same key answers with the record made before. Errors: Rejected."""

    @abstractmethod
    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        """Set only these fields if the record still is at `if_revision`. Errors: StaleRevision, Rejected, NotFound."""

    @abstractmethod
    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        """Records changed or deleted since `cursor` ("" is the beginning). Errors: CursorExpired."""

    @abstractmethod
    def close(self) -> None:
        """Give connections and files back; harmless twice."""

    def write(self, writes: Sequence[Write]) -> tuple[Record | HitchpostError, ...]:
        """What became of each write, in order: its record or its error. One's failure leaves the others alone."""
        return tuple(_one_by_one(self, writes))

    def gone(self, kind: RecordKind, record_ids: Sequence[str]) -> frozenset[str]:
        """Which of these records are not there any more (deleted, merged away): for CRMs whose `changes` don't tell."""
        return frozenset(record_id for record_id in record_ids if not _is_there(self, kind, record_id))

    def delete(self, kind: RecordKind, record_id: str) -> None:
        """Delete a record; deleting it twice is no error."""
        raise self.lacks("delete", "can't delete records")

    def convert_lead(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        """Turn a lead into contact, account and, if asked, opportunity; once per `key`. Errors: NotFound, Rejected.

        The CRM's own conversion or, where it has none, the same result by hand (`crm_adapters.conversion`).
        """
        raise self.lacks("convert_lead", "can't convert leads")

    def relate(self, one: Ref, other: Ref) -> None:
        """Link two records; linked already is no error. Errors: NotFound, NotSupported for kinds that can't be linked.

        Every CRM with relations can link a contact with an opportunity.
        """
        raise self.lacks("relations", "can't link records")

    def unrelate(self, one: Ref, other: Ref) -> None:
        """Take a link back; not linked is no error. Errors: NotFound, NotSupported."""
        raise self.lacks("relations", "can't link records")

    def related(self, one: Ref, kind: RecordKind) -> tuple[str, ...]:
        """Ids of the records of a kind that are linked with one. Errors: NotFound, NotSupported."""
        raise self.lacks("relations", "can't link records")

    def log_activity(self, activity: Activity, key: str) -> str:
        """Log an activity on its records, once per `key` (an e-mail also once per Message-ID); its id.

        Errors: NotFound for a record, NotSupported for a kind of activity, Rejected.
        """
        raise self.lacks("activities", "has no activities")

    def update_activity(self, activity_id: str, *, done: bool) -> None:
        """Mark a task done or open again. Errors: NotFound."""
        raise self.lacks("activities", "has no activities")

    def delete_activity(self, activity_id: str) -> None:
        """Take an activity back (the undo of `log_activity`); twice is no error."""
        raise self.lacks("activities", "has no activities")

    def activities(self, kind: RecordKind, record_id: str, limit: int = 50) -> tuple[Activity, ...]:
        """The activities of a record, newest first. Errors: NotFound."""
        raise self.lacks("activities", "has no activities")

    def attach_file(self, about: Ref, file: FileContent, key: str) -> str:
        """Hang a file on a record, once per `key` (or per name and size); its id. Errors: NotFound, Rejected."""
        raise self.lacks("files", "keeps no files")

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        """The files of a record. Errors: NotFound."""
        raise self.lacks("files", "keeps no files")

    def owners(self) -> tuple[Owner, ...]:
        """Users who can own records."""
        raise self.lacks("owners", "has no owners")

    def lacks(self, feature: str, words: str) -> NotSupported:
        """The error for what this CRM can't do."""
        return NotSupported(f"{self.name} {words}.", feature=feature)


@dataclass(frozen=True, slots=True)
class Backend:
    """What an entry point of the group `hitchpost.crm_adapters` names: how to configure and open one kind of CRM.

    `needs_secret` says that the connection wants a password or token; `credential_help` what exactly, in one sentence.
    `asks_first`: nothing is written before a person has seen what would be.
    """

    name: str
    title: str
    options: tuple[OptionSpec, ...]
    open: Callable[[Connection], Adapter]
    needs_secret: bool = True
    credential_help: str = ""
    asks_first: bool = True


def _one_by_one(adapter: Adapter, writes: Sequence[Write]) -> list[Record | HitchpostError]:
    """After a fault that concerns the CRM as a whole, the rest is not tried."""
    done: list[Record | HitchpostError] = []
    for write in writes:
        if done and isinstance(last := done[-1], TryLater | LoginNeeded):
            done.append(last)
            continue
        try:
            if write.record_id:
                done.append(adapter.update(write.kind, write.record_id, write.fields, write.if_revision))
            else:
                done.append(adapter.create(write.kind, write.fields, write.key))
        except HitchpostError as error:
            done.append(error)
    return done


def _is_there(adapter: Adapter, kind: RecordKind, record_id: str) -> bool:
    try:
        adapter.get(kind, record_id)
    except NotFound:
        return False
    return True

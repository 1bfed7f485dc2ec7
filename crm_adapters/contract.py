"""What a CRM backend promises. `crm_adapters.testing.AdapterContract` proves it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from crm_model.errors import NotSupported
from crm_model.options import Connection, OptionSpec
from crm_model.records import (
    Activity,
    Conversion,
    Converted,
    Fields,
    FieldSpec,
    Owner,
    Record,
    RecordKind,
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do: a pass leaves out what it can't, and the contract tests both sides.

    `deletions`: `changes` names removed records.
    """

    kinds: frozenset[RecordKind] = frozenset(RecordKind)
    convert_lead: bool = True
    delete: bool = True
    activities: bool = True
    owners: bool = True
    deletions: bool = True


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records changed since a cursor, oldest change first. `removed` are ids deleted or merged away.

    `cursor` is opaque and is kept only after the page is stored; `more` says that another page waits now.
    A change may come twice (overlap), never not at all.
    """

    records: Sequence[Record]
    removed: Sequence[str]
    cursor: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What `crm test` shows: product and version in words, records per kind."""

    product: str
    counts: dict[RecordKind, int] = field(default_factory=dict)


class Adapter(ABC):
    """One CRM, one user. Calls may block; they raise only errors of `crm_model.errors`. Not shared by threads."""

    name: str
    capabilities: Capabilities

    @abstractmethod
    def test(self) -> ServerInfo:
        """Log in and count. Errors: LoginNeeded, Unreachable, ConfigError."""

    @abstractmethod
    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        """The fields of a kind in the order a form shows them. Errors: NotSupported for a kind it lacks."""

    @abstractmethod
    def find_by_email(self, email: str) -> tuple[Record, ...]:
        """Leads and contacts that hold this address, main or other, compared without case."""

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
        """Records changed since `cursor` ("" is the beginning). Errors: CursorExpired."""

    @abstractmethod
    def close(self) -> None:
        """Give connections and files back; harmless twice."""

    def delete(self, kind: RecordKind, record_id: str) -> None:
        """Delete a record; deleting it twice is no error."""
        raise NotSupported(f"{self.name} can't delete records.", feature="delete")

    def convert_lead(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        """Turn a lead into contact, account and, if asked, opportunity; once per `key`. Errors: NotFound, Rejected."""
        raise NotSupported(f"{self.name} can't convert leads.", feature="convert_lead")

    def log_activity(self, activity: Activity, key: str) -> str:
        """Log an activity on its records, once per `key` (an e-mail also once per Message-ID); its id."""
        raise NotSupported(f"{self.name} has no activities.", feature="activities")

    def update_activity(self, activity_id: str, *, done: bool) -> None:
        """Mark a task done or open again. Errors: NotFound."""
        raise NotSupported(f"{self.name} has no activities.", feature="activities")

    def delete_activity(self, activity_id: str) -> None:
        """Take an activity back (the undo of `log_activity`); twice is no error."""
        raise NotSupported(f"{self.name} has no activities.", feature="activities")

    def activities(self, kind: RecordKind, record_id: str, limit: int = 50) -> tuple[Activity, ...]:
        """The activities of a record, newest first. Errors: NotFound."""
        raise NotSupported(f"{self.name} has no activities.", feature="activities")

    def owners(self) -> tuple[Owner, ...]:
        """Users who can own records."""
        raise NotSupported(f"{self.name} has no owners.", feature="owners")


@dataclass(frozen=True, slots=True)
class Backend:
    """What an entry point of the group `hitchpost.crm_adapters` names: how to configure and open one kind of CRM.

    `needs_secret` says that the connection wants a password or token.
    """

    name: str
    title: str
    options: tuple[OptionSpec, ...]
    open: Callable[[Connection], Adapter]
    needs_secret: bool = True

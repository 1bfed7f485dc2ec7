"""What both of SuiteCRM's interfaces can do, in SuiteCRM's own words: modules, fields, links, rows of text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm_model.errors import HitchpostError
from crm_model.records import FileContent

Values = Mapping[str, str | int | float]
"""What is written: text fit for the server, and numbers as numbers: in text the user's separators would count."""


@dataclass(frozen=True, slots=True)
class VendorField:
    """A field as the server describes it. `options` are value and label; `length` in characters if it has one."""

    name: str
    type: str
    label: str = ""
    length: int | None = None
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    module: str = ""
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a module. `links` holds, per link asked for, the fields of each record at its other end."""

    id: str
    values: Mapping[str, str]
    links: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the server."""

    id: str
    name: str
    email: str = ""


class Taken(HitchpostError):
    """There is a record of this id already."""


class Dialect(ABC):
    """One interface of one server. Errors: our own; UnknownOutcome where a write may have happened."""

    sees_deletions: bool
    batch_size: int = 1

    @abstractmethod
    def product(self) -> str:
        """Name and version in words."""

    def notes(self) -> tuple[str, ...]:
        """Sentences on what this interface lacks, for `crm test`."""
        return ()

    @abstractmethod
    def now(self) -> datetime:
        """The server's clock."""

    @abstractmethod
    def me(self) -> Person: ...

    @abstractmethod
    def users(self) -> tuple[Person, ...]:
        """Active ones; at least the one who is signed in."""

    @abstractmethod
    def describe(self, module: str) -> dict[str, VendorField]:
        """Fields by name, in the server's order."""

    @abstractmethod
    def count(self, module: str) -> int: ...

    @abstractmethod
    def get(self, module: str, record_id: str, fields: Sequence[str], links: Sequence[str] = ()) -> Row | None:
        """A live record; None if it is deleted or never was."""

    def get_many(self, module: str, ids: Sequence[str], fields: Sequence[str], links: Sequence[str]) -> list[Row]:
        """The live records with these ids."""
        found = (self.get(module, record_id, fields, links) for record_id in ids)
        return [row for row in found if row is not None]

    def write_many(self, module: str, rows: Sequence[tuple[str, Values, bool]]) -> None:
        """Write rows (id, values, whether it is new) that were looked at before. Errors: UnknownOutcome."""
        for record_id, values, is_new in rows:
            (self.insert if is_new else self.update)(module, record_id, values)

    @abstractmethod
    def look(self, module: str, record_id: str) -> bool | None:
        """Whether a record of this id is live (True), deleted (False), or not known ever to have been (None)."""

    @abstractmethod
    def changed(
        self,
        module: str,
        fields: Sequence[str],
        links: Sequence[str],
        *,
        since: datetime | None,
        after: str,
        limit: int,
    ) -> list[Row]:
        """Records modified at `since` or later, with ids after `after`, by id; deleted ones where they are seen."""

    @abstractmethod
    def matching(
        self, module: str, column: str, value: str, fields: Sequence[str], *, newest: str, limit: int
    ) -> list[Row]:
        """Live records with this value in a column, newest first by the time in the column `newest`."""

    @abstractmethod
    def mails_of(self, module: str, record_id: str, fields: Sequence[str], *, newest: str, limit: int) -> list[Row]:
        """The e-mails on a live record, newest first by the time in the column `newest`."""

    @abstractmethod
    def holding(self, module: str, emails: Sequence[str], fields: Sequence[str], links: Sequence[str]) -> list[Row]:
        """Live records with one of these addresses, main or other, without case."""

    @abstractmethod
    def insert(self, module: str, record_id: str, values: Values) -> None:
        """Make a record with our own id. Errors: Taken, UnknownOutcome."""

    @abstractmethod
    def update(self, module: str, record_id: str, values: Values) -> None:
        """Set these fields of a live record; whoever calls has looked that it is one."""

    @abstractmethod
    def delete(self, module: str, record_id: str) -> None: ...

    @abstractmethod
    def related(self, module: str, record_id: str, link: str, fields: Sequence[str]) -> list[Row]:
        """The records at the other end of a link of a live record."""

    @abstractmethod
    def relate(self, module: str, record_id: str, link: str, other_module: str, other_id: str) -> None:
        """Linked already is no error."""

    @abstractmethod
    def unrelate(self, module: str, record_id: str, link: str, other_id: str) -> None: ...

    @abstractmethod
    def address_id(self, email: str) -> str:
        """The id of the row that all records with this address share; it is made if there is none."""

    @abstractmethod
    def attach(self, note_id: str, file: FileContent, parent: tuple[str, str]) -> None:
        """Put a file into a note that is on a record (module and id)."""

"""One edit under way: its transaction, its action and the steps that undo will take back in reverse order."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crm_model.changes import ChangeKind
from crm_model.errors import NotFound
from crm_model.records import Conversion, Fields
from crm_model.safe_text import safe_line
from sync.store import actions, outbox, records
from sync.store.database import Store, Unit
from sync.store.records import StoredRecord
from sync.store.thread_summary import refresh_threads

_LONGEST_NAME = 60


@dataclass(slots=True)
class Edit:
    """What an edit's parts share. `steps` are plain JSON: [kind, values…]; `threads` get their rows refreshed."""

    unit: Unit
    author: str
    now: datetime
    action_id: int
    label: str = ""
    steps: list[list[Any]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def remember(self, kind: str, *values: Any) -> None:
        """A step that undo takes back by `undoing.REVERSE[kind](edit, *values)`."""
        self.steps.append([kind, *values])

    def enqueue(
        self,
        record: StoredRecord,
        kind: ChangeKind,
        *,
        activity_id: int | None = None,
        fields: Fields | None = None,
        base: Fields | None = None,
        conversion: Conversion | None = None,
    ) -> int:
        """A change of this record for its CRM, under a key of its own; the change's id."""
        return outbox.enqueue(
            self.unit,
            crm=record.crm,
            kind=kind,
            key=uuid.uuid4().hex,
            record_id=record.id,
            activity_id=activity_id,
            fields=fields,
            base=base,
            details=conversion,
            author=self.author,
            now=self.now,
        )

    def record(self, record_id: int) -> StoredRecord:
        """A record that can still be worked with. Errors: NotFound."""
        found = records.get(self.unit, record_id)
        if found is None:
            raise NotFound("This record is no longer here.")
        if found.state == "deleted":
            raise NotFound(f"{named(found)} was deleted in the CRM.")
        return found


@contextlib.contextmanager
def edit(store: Store, kind: str, author: str) -> Iterator[Edit]:
    """A transaction with an action of this kind. An edit that set no label changed nothing: its id becomes 0."""
    with store.write() as unit, edit_within(unit, kind, author) as making:
        yield making


@contextlib.contextmanager
def edit_within(unit: Unit, kind: str, author: str) -> Iterator[Edit]:
    """The same as a part of a transaction that is under way."""
    now = datetime.now(UTC)
    action_id = actions.add(unit, kind, "", {}, author=author, now=now)
    making = Edit(unit, author, now, action_id)
    yield making
    refresh_threads(unit, making.threads)
    if making.label:
        actions.finish(unit, action_id, making.label, {"steps": making.steps})
    else:
        actions.drop(unit, action_id)
        making.action_id = 0


def named(record: StoredRecord) -> str:
    """A record's title as a label has it."""
    return shortened(record.title) or f"the {record.kind.value}"


def shortened(text: str) -> str:
    """Foreign text as part of a label: one harmless, short line."""
    line = safe_line(text)
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…"

"""Many writes in few calls, for CRMs that take lists: look at all, send all, read all back.

look: made already? changed since? refused by the checks?   answered without a call of its own
send: one list per kind                                     its answer lost: each is looked up, then written alone
read back                                                   what the CRM holds is the answer
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from crm_adapters.contract import Write
from crm_model.errors import HitchpostError, NotFound, NotSupported, Rejected, StaleRevision, UnknownOutcome
from crm_model.field_values import same_value
from crm_model.records import Fields, Record, RecordKind

Prepared = TypeVar("Prepared")
Outcome = Record | HitchpostError
Alone = Callable[[Write], Outcome]


class Batches(Protocol[Prepared]):
    """What a backend has to know for it."""

    def fits(self, write: Write) -> bool:
        """Whether a write is one row and nothing else (no links, no further addresses)."""

    def id_of(self, write: Write) -> str:
        """The id of its record, made from the key for one that is to be made."""

    def held(self, kind: RecordKind, ids: Sequence[str]) -> Mapping[str, Record]:
        """The live records with these ids."""

    def prepared(self, kind: RecordKind, fields: Fields, held: Record | None) -> Prepared | None:
        """What is to be sent; None if nothing is. Errors: Rejected."""

    def send(self, kind: RecordKind, rows: Sequence[tuple[str, Prepared, bool]]) -> None:
        """Write rows (id, what is sent, whether it is new). Errors: UnknownOutcome."""


def write_together(batches: Batches[Prepared], writes: Sequence[Write], alone: Alone) -> tuple[Outcome, ...]:
    """What became of each write, in order. A fault that concerns the CRM as a whole is the answer to all of a kind."""
    outcomes: dict[int, Outcome] = {}
    together: dict[RecordKind, dict[str, tuple[int, Write]]] = {}
    later: list[int] = []
    for place, write in enumerate(writes):
        record_id = batches.id_of(write) if batches.fits(write) else ""
        of_kind = together.setdefault(write.kind, {})
        if not record_id or record_id in of_kind:
            later.append(place)  # in its own call, after the others
        else:
            of_kind[record_id] = (place, write)
    for kind, asked in together.items():
        if asked:
            outcomes |= _Kind(batches, kind, asked, alone).written()
    for place in later:
        outcomes[place] = alone(writes[place])
    return tuple(outcomes[place] for place in range(len(writes)))


class _Kind(Generic[Prepared]):
    """The writes of one kind."""

    def __init__(
        self, batches: Batches[Prepared], kind: RecordKind, asked: Mapping[str, tuple[int, Write]], alone: Alone
    ) -> None:
        self._batches, self._kind, self._asked, self._alone = batches, kind, asked, alone
        self._outcomes: dict[int, Outcome] = {}

    def written(self) -> dict[int, Outcome]:
        try:
            held = self._batches.held(self._kind, list(self._asked))
            rows = self._looked_at(held)
            if rows:
                self._send(rows)
        except (Rejected, NotFound, NotSupported):
            # One record that we may not see spoils the list: each for itself, then.
            for place, write in self._asked.values():
                if place not in self._outcomes:
                    self._outcomes[place] = self._alone(write)
        except HitchpostError as error:
            for place, _ in self._asked.values():
                self._outcomes.setdefault(place, error)
        return self._outcomes

    def _looked_at(self, held: Mapping[str, Record]) -> list[tuple[str, Prepared, bool]]:
        rows: list[tuple[str, Prepared, bool]] = []
        for record_id, (place, write) in self._asked.items():
            record = held.get(record_id)
            try:
                found = self._row(record_id, write, record)
            except HitchpostError as error:
                self._outcomes[place] = error
                continue
            if found is not None:
                rows.append(found)
            elif record is not None:
                self._outcomes[place] = record
        return rows

    def _row(self, record_id: str, write: Write, held: Record | None) -> tuple[str, Prepared, bool] | None:
        """What is to be sent; None where the record is already as it should be."""
        if write.record_id:
            if held is None:
                raise NotFound(f"There is no such {write.kind} in this CRM (any more).")
            if held.revision != write.if_revision:
                raise StaleRevision(f"The {write.kind} was changed meanwhile.", revision=held.revision)
        elif held is not None:
            return None
        prepared = self._batches.prepared(write.kind, write.fields, held)
        return None if prepared is None else (record_id, prepared, held is None)

    def _send(self, rows: Sequence[tuple[str, Prepared, bool]]) -> None:
        lost = False
        try:
            self._batches.send(self._kind, rows)
        except UnknownOutcome:
            lost = True
        after = self._batches.held(self._kind, [record_id for record_id, _, _ in rows])
        for record_id, _, is_new in rows:
            place, write = self._asked[record_id]
            record = after.get(record_id)
            if record is not None and (not lost or is_new or _took(record, write.fields)):
                self._outcomes[place] = record
            elif lost:
                self._outcomes[place] = self._alone(write)
            else:
                self._outcomes[place] = Rejected("The CRM did not take the record, and does not say why.")


def _took(record: Record, wanted: Fields) -> bool:
    return all(same_value(record.fields.get(name), value) for name, value in wanted.items())

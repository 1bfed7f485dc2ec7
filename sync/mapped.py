"""An adapter as the configuration maps it: our names and values on this side, the adapter's own on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crm_adapters.contract import Adapter, RecordPage, ServerInfo, Write
from crm_model.errors import HitchpostError, Rejected
from crm_model.records import (
    Activity,
    AttachedFile,
    Conversion,
    Converted,
    Fields,
    FieldSpec,
    FieldValue,
    FileContent,
    Owner,
    Record,
    RecordKind,
    Ref,
)
from sync.field_map import Direction, FieldMap, FieldRule, our_names

_READ, _WRITTEN = (Direction.BOTH, Direction.IN), (Direction.BOTH, Direction.OUT)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of record is mapped: names and values in both ways."""

    rules: Mapping[str, FieldRule]
    ours: Mapping[str, str]
    theirs: Mapping[str, str]

    def rule(self, name: str) -> FieldRule:
        return self.rules.get(name) or FieldRule()

    def described(self, spec: FieldSpec) -> FieldSpec | None:
        name = self.ours.get(spec.name, spec.name)
        rule = self.rule(name)
        if rule.direction is Direction.NEVER:
            return None
        back = _reversed(rule.values)
        return replace(
            spec,
            name=name,
            label=rule.label or spec.label,
            vendor_name=spec.vendor_name or spec.name,
            read_only=spec.read_only or rule.direction is Direction.IN,
            extra=spec.extra and name == spec.name,
            pinned=rule.pin,
            options=tuple((back.get(value, value), label) for value, label in spec.options),
        )

    def inward(self, fields: Fields) -> dict[str, FieldValue]:
        found: dict[str, FieldValue] = {}
        for theirs, value in fields.items():
            name = self.ours.get(theirs, theirs)
            rule = self.rule(name)
            if rule.direction in _READ:
                found[name] = _translated(value, _reversed(rule.values))
        return found

    def outward(self, fields: Fields, *, new: bool) -> dict[str, FieldValue]:
        """Errors: Rejected for a field that is not to be written; a new record goes without it."""
        barred = {name for name in fields if self.rule(name).direction not in _WRITTEN}
        if barred and not new:
            sentence = "The configuration says that this field is not written to the CRM."
            raise Rejected(sentence, field_errors=dict.fromkeys(sorted(barred), sentence))
        return {
            self.theirs.get(name, name): _translated(value, self.rule(name).values)
            for name, value in fields.items()
            if name not in barred
        }

    def refused(self, error: Rejected) -> Rejected:
        errors = {self.ours.get(name, name): text for name, text in error.field_errors.items()}
        return Rejected(str(error), field_errors=errors)


def _reversed(values: Mapping[str, str]) -> dict[str, str]:
    return {theirs: ours for ours, theirs in reversed(list(values.items()))}


def _translated(value: FieldValue, words: Mapping[str, str]) -> FieldValue:
    if isinstance(value, tuple):
        return tuple(words.get(part, part) for part in value)
    return words.get(value, value) if isinstance(value, str) else value


class MappedAdapter(Adapter):
    """Another adapter behind a field map."""

    def __init__(self, inner: Adapter, field_map: FieldMap) -> None:
        self.name, self.capabilities = inner.name, inner.capabilities
        self._inner, self._map = inner, field_map
        self._kinds: dict[RecordKind, _Kind] = {}

    def test(self) -> ServerInfo:
        return self._inner.test()

    def describe(self, kind: RecordKind) -> tuple[FieldSpec, ...]:
        specs = self._inner.describe(kind)
        self._kinds[kind] = mapped = self._mapping(kind, specs)
        return tuple(found for spec in specs if (found := mapped.described(spec)) is not None)

    def find_by_email(self, *emails: str) -> tuple[Record, ...]:
        return tuple(self._in(record) for record in self._inner.find_by_email(*emails))

    def get(self, kind: RecordKind, record_id: str) -> Record:
        return self._in(self._inner.get(kind, record_id))

    def create(self, kind: RecordKind, fields: Fields, key: str) -> Record:
        return self._one(Write(kind, fields, key))

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        return self._one(Write(kind, fields, record_id=record_id, if_revision=if_revision))

    def write(self, writes: Sequence[Write]) -> tuple[Record | HitchpostError, ...]:
        outward = [self._out(write) for write in writes]
        answers = iter(self._inner.write([write for write in outward if isinstance(write, Write)]))
        found = [next(answers) if isinstance(write, Write) else write for write in outward]
        return tuple(self._answer(asked.kind, answer) for asked, answer in zip(writes, found, strict=True))

    def changes(self, kind: RecordKind, cursor: str, limit: int = 200) -> RecordPage:
        page = self._inner.changes(kind, cursor, limit)
        return replace(page, records=tuple(self._in(record) for record in page.records))

    def gone(self, kind: RecordKind, record_ids: Sequence[str]) -> frozenset[str]:
        return self._inner.gone(kind, record_ids)

    def delete(self, kind: RecordKind, record_id: str) -> None:
        self._inner.delete(kind, record_id)

    def convert_lead(self, lead_id: str, conversion: Conversion, key: str) -> Converted:
        asked = replace(
            conversion,
            account=self._of(RecordKind.ACCOUNT).outward(conversion.account, new=True),
            contact=self._of(RecordKind.CONTACT).outward(conversion.contact, new=True),
            opportunity=self._of(RecordKind.OPPORTUNITY).outward(conversion.opportunity, new=True),
        )
        made = self._inner.convert_lead(lead_id, asked, key)
        return Converted(
            lead=self._in(made.lead),
            contact=self._in(made.contact),
            account=self._in(made.account) if made.account else None,
            opportunity=self._in(made.opportunity) if made.opportunity else None,
        )

    def relate(self, one: Ref, other: Ref) -> None:
        self._inner.relate(one, other)

    def unrelate(self, one: Ref, other: Ref) -> None:
        self._inner.unrelate(one, other)

    def related(self, one: Ref, kind: RecordKind) -> tuple[str, ...]:
        return self._inner.related(one, kind)

    def log_activity(self, activity: Activity, key: str) -> str:
        return self._inner.log_activity(activity, key)

    def update_activity(self, activity_id: str, *, done: bool) -> None:
        self._inner.update_activity(activity_id, done=done)

    def delete_activity(self, activity_id: str) -> None:
        self._inner.delete_activity(activity_id)

    def activities(self, kind: RecordKind, record_id: str, limit: int = 50) -> tuple[Activity, ...]:
        return self._inner.activities(kind, record_id, limit)

    def attach_file(self, about: Ref, file: FileContent, key: str) -> str:
        return self._inner.attach_file(about, file, key)

    def files(self, about: Ref) -> tuple[AttachedFile, ...]:
        return self._inner.files(about)

    def owners(self) -> tuple[Owner, ...]:
        return self._inner.owners()

    def close(self) -> None:
        self._inner.close()

    # --- mapping -----------------------------------------------------------------------------------------------

    def _mapping(self, kind: RecordKind, specs: tuple[FieldSpec, ...]) -> _Kind:
        rules = self._map.of(kind)
        ours = our_names(specs, rules)
        return _Kind(rules, ours, {name: theirs for theirs, name in ours.items()})

    def _of(self, kind: RecordKind) -> _Kind:
        if kind not in self._kinds:
            renames = any(rule.theirs for rule in self._map.of(kind).values())
            self._kinds[kind] = self._mapping(kind, self._inner.describe(kind) if renames else ())
        return self._kinds[kind]

    def _in(self, record: Record) -> Record:
        return replace(record, fields=self._of(record.kind).inward(record.fields))

    def _out(self, write: Write) -> Write | Rejected:
        try:
            fields = self._of(write.kind).outward(write.fields, new=not write.record_id)
        except Rejected as error:
            return error
        return replace(write, fields=fields)

    def _answer(self, kind: RecordKind, answer: Record | HitchpostError) -> Record | HitchpostError:
        if isinstance(answer, Record):
            return self._in(answer)
        return self._of(kind).refused(answer) if isinstance(answer, Rejected) else answer

    def _one(self, write: Write) -> Record:
        (answer,) = self.write([write])
        if isinstance(answer, HitchpostError):
            raise answer
        return answer

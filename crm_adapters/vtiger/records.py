"""Records of vtiger's modules: asked for by query, read into our fields, made with a mark, revised field by field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from crm_adapters.spelling import content_revision, whole_of
from crm_adapters.vtiger import fields as names
from crm_adapters.vtiger import values, vtql
from crm_adapters.vtiger.faults import Refused
from crm_adapters.vtiger.modules import Module, read_module
from crm_adapters.vtiger.service import Service
from crm_model.errors import NotFound, NotSupported, Rejected, Unreachable
from crm_model.records import Fields, FieldSpec, Record, RecordKind

Row = Mapping[str, object]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Records:
    """One server's records as one user sees them."""

    def __init__(self, service: Service, zone: ZoneInfo, *, site_url: str, key_field: str) -> None:
        self.service, self.zone, self.key_field = service, zone, key_field
        self._site_url = site_url
        self._specs: dict[RecordKind, tuple[FieldSpec, ...]] = {}

    # --- what there is ----------------------------------------------------------------------------------

    def module(self, name: str, *, anew: bool = False) -> Module:
        """A module as this user sees it, asked for once per login. Errors: NotSupported if it is closed to us."""
        known = self.service.session.findings.modules
        if anew or name not in known:
            try:
                known[name] = read_module(self.service.read("describe", elementType=name))
            except Refused as error:
                raise NotSupported(f"This user may not use {name} in vtiger: {error.said}", feature=name) from error
        return known[name]

    def module_of(self, kind: RecordKind) -> Module:
        return self.module(names.MODULES[kind])

    def specs(self, kind: RecordKind, *, anew: bool = False) -> tuple[FieldSpec, ...]:
        if anew or kind not in self._specs:
            self._specs[kind] = names.specs_of(kind, self.module(names.MODULES[kind], anew=anew))
        return self._specs[kind]

    # --- reading ----------------------------------------------------------------------------------------

    def query(self, text: str) -> list[Row]:
        """The rows of a query, a hundred at most."""
        found = self.service.read("query", query=text)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def all_rows(self, module: str, *alternatives: str, columns: str = "*") -> list[Row]:
        """Every row that fits one of the conditions, page by page along the ids: what comes or goes skips nothing."""
        found: list[Row] = []
        after, last = "", ""
        while True:
            # AND binds tighter than OR, and there are no parentheses.
            conditions = [f"{one} and {after}" if after else one for one in alternatives] or [after]
            page = self.query(vtql.select(module, " or ".join(filter(None, conditions)), columns=columns))
            found += page
            if len(page) < vtql.MOST_ROWS:
                return found
            last, before = str(page[-1].get("id") or ""), last
            if not last or last == before:
                raise Unreachable("vtiger lists the same rows without end.")
            after = f"id > {vtql.literal(last)}"

    def count(self, kind: RecordKind) -> int:
        rows = self.query(vtql.count(names.MODULES[kind]))
        return whole_of(rows[0].get("count")) or 0 if rows else 0

    def row(self, module: Module, record_id: str) -> Row | None:
        """One live row, None if there is none (any more)."""
        if not module.holds(record_id):
            return None
        rows = self.query(vtql.select(module.name, vtql.equals("id", record_id), limit=1))
        return rows[0] if rows else None

    def is_there(self, kind: RecordKind, record_id: str) -> bool:
        return bool(self.living(kind, [record_id]))

    def living(self, kind: RecordKind, record_ids: Sequence[str]) -> set[str]:
        """Which of these the module lists; converted leads are not among them."""
        module = self.module_of(kind)
        proper = [record_id for record_id in record_ids if module.holds(record_id)]
        return {
            str(row["id"])
            for part in vtql.portions(proper)
            for row in self.query(vtql.select(module.name, vtql.among("id", part), columns="id"))
        }

    def retrieved(self, record_id: str) -> Row | None:
        """A row by its id alone, converted leads included, None if it is gone or closed to us."""
        try:
            found = self.service.read("retrieve", id=record_id)
        except Refused:
            return None  # ACCESS_DENIED says of a deleted, a never existing and a forbidden record all the same
        return found if isinstance(found, dict) else None

    def read(self, kind: RecordKind, row: Row, *, also: Fields | None = None) -> Record:
        """A record of a row, with fields `also` that its row does not hold."""
        fields = {**values.from_row(self.specs(kind), row, self.zone), **(also or {})}
        record_id, author = str(row.get("id", "")), str(row.get("modifiedby") or "")
        return Record(
            kind,
            record_id,
            fields,
            revision=content_revision(fields),
            modified_at=values.at_server(str(row.get("modifiedtime", "")), self.zone) or _EPOCH,
            modified_by=self.service.session.findings.people.get(author, author),
            url=self.url(kind, record_id),
        )

    def url(self, kind: RecordKind, record_id: str) -> str:
        """The record's page for people."""
        number = record_id.partition("x")[2]
        return f"{self._site_url}/index.php?module={names.MODULES[kind]}&view=Detail&record={number}"

    # --- marks ------------------------------------------------------------------------------------------

    def keeps_marks(self, module: Module) -> bool:
        return self.key_field in module.fields

    def marked(self, module: Module, mark: str, *, begins: bool = False, columns: str = "*") -> list[Row]:
        """The live rows that carry this mark, or one that begins so."""
        if not self.keeps_marks(module):
            return []
        where = vtql.begins(self.key_field, mark) if begins else vtql.equals(self.key_field, mark)
        return self.query(vtql.select(module.name, where, columns=columns))

    # --- writing ----------------------------------------------------------------------------------------

    def make(self, module: Module, element: Mapping[str, str], mark: str) -> str:
        """Create a row; its id. Look for the mark before: a second call makes a second row."""
        marked = {**element, self.key_field: mark} if mark and self.keeps_marks(module) else element
        made = self.service.write("create", elementType=module.name, element=json.dumps(marked))
        if not isinstance(made, dict) or not made.get("id"):
            raise Rejected(f"vtiger made no record in {module.name} and gave no reason.")
        return str(made["id"])

    def revise(self, record_id: str, element: Mapping[str, str]) -> None:
        """Change only these fields. (`update` escapes a description once more each time that it is left out.)"""
        self.service.write("revise", element=json.dumps({**element, "id": record_id}))

    def delete(self, record_id: str) -> None:
        """Delete a row of any module; gone already is no error. Errors: Rejected if it is still there after."""
        try:
            self.service.write("delete", id=record_id)
        except Refused as error:
            if self.retrieved(record_id) is not None:
                raise Rejected(f"vtiger does not let this user delete that: {error.said}") from error


def named(kind: RecordKind, specs: Iterable[FieldSpec], refusal: Refused) -> Rejected:
    """The same refusal, with vtiger's field in our words."""
    ours = next((spec.name for spec in specs if spec.vendor_name == refusal.vendor_field), refusal.vendor_field)
    if refusal.code == "0":
        ours = "name" if kind in (RecordKind.ACCOUNT, RecordKind.OPPORTUNITY) else ""
        sentence = f"vtiger holds a {kind} like this already."
        return Rejected(sentence, field_errors={ours: sentence})
    return Rejected(str(refusal), field_errors={ours: refusal.said} if ours else {})


def missing(kind: RecordKind, record_id: str) -> NotFound:
    return NotFound(f"There is no {kind} {record_id[:40]!r} in vtiger (any more).")

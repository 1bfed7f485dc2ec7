"""Records of HubSpot: read in batches with their associations, told apart into leads and contacts by their stage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from crm_adapters.hubspot import fields as names
from crm_adapters.hubspot import links, values
from crm_adapters.hubspot.api import Api, Row, portions, rows_of
from crm_adapters.hubspot.faults import Refused
from crm_adapters.spelling import content_revision
from crm_model.errors import NotFound, Rejected
from crm_model.records import Fields, FieldSpec, FieldValue, Record, RecordKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE_TYPES = {"contacts": "0-1", "companies": "0-2", "deals": "0-3"}
_UPDATED_BY = "hs_updated_by_user_id"


class Records:
    """One account's records. `key_property` is a unique property that keeps our keys, "" if there is none."""

    def __init__(self, api: Api, *, lead_stages: Collection[str], contact_stage: str, key_property: str) -> None:
        self.api, self.lead_stages, self.contact_stage = api, frozenset(lead_stages), contact_stage
        self.key_property = key_property
        self._specs: dict[RecordKind, tuple[FieldSpec, ...]] = {}

    def specs(self, kind: RecordKind, *, anew: bool = False) -> tuple[FieldSpec, ...]:
        if anew or kind not in self._specs:
            self._specs[kind] = names.specs_of(kind, rows_of(self.api.get(f"crm/v3/properties/{names.TYPES[kind]}")))
        return self._specs[kind]

    def wanted(self, kind: RecordKind) -> list[str]:
        """The properties to ask for: HubSpot answers with a handful otherwise."""
        own = [spec.vendor_name for spec in self.specs(kind) if spec.vendor_name]
        extra = [names.modified_property(names.TYPES[kind]), _UPDATED_BY]
        extra += [names.STAGE, names.WAS_LEAD] if names.TYPES[kind] == "contacts" else []
        return list(dict.fromkeys([*own, *extra, *([self.key_property] if self.key_property else [])]))

    # --- reading ----------------------------------------------------------------------------------------

    def read_many(self, kind: RecordKind, object_ids: Sequence[str], *, by: str = "") -> list[Record]:
        """The live records among these ids (or values of the unique property `by`), each once."""
        proper = [object_id for object_id in object_ids if by or is_id(object_id)]
        objects = [
            row
            for part in portions(proper)
            for row in rows_of(
                self.api.post(self._path(kind, "batch/read"), self._inputs(kind, part, by), writes=False)
            )
        ]
        return self.to_records(kind, [row for row in objects if by or str(row.get("id")) in proper])

    def find(self, kind: RecordKind, object_id: str) -> Record:
        """Errors: NotFound; a merged record answers with the one it went into, which is another id."""
        for record in self.read_many(kind, [object_id]):
            return record
        raise NotFound(f"There is no {kind} {object_id[:40]!r} in HubSpot (any more).")

    def by_key(self, kind: RecordKind, key: str) -> Record | None:
        if not self.key_property:
            return None
        return next(iter(self.read_many(kind, [key], by=self.key_property)), None)

    def to_records(self, kind: RecordKind, objects: Iterable[Row]) -> list[Record]:
        """Those of the kind among these objects, with what they are linked to."""
        ours = [row for row in objects if row.get("archived") is not True and self._is_kind(kind, properties_of(row))]
        # A lead has links of interest only once it became a contact.
        linked = [row for row in ours if kind is not RecordKind.LEAD or not self.is_lead(properties_of(row))]
        held = self._links(kind, [str(row.get("id", "")) for row in linked])
        return [self._record(kind, row, held.get(str(row.get("id", "")), {})) for row in ours]

    def is_lead(self, properties: Mapping[str, object]) -> bool:
        return str(properties.get(names.STAGE) or "") in self.lead_stages

    def _is_kind(self, kind: RecordKind, properties: Mapping[str, object]) -> bool:
        if kind is RecordKind.LEAD:
            return self.is_lead(properties) or bool(properties.get(names.WAS_LEAD))
        return kind is not RecordKind.CONTACT or not self.is_lead(properties)

    def _record(self, kind: RecordKind, row: Row, held: Fields) -> Record:
        properties, object_id = properties_of(row), str(row.get("id", ""))
        fields = {**values.from_properties(self.specs(kind), properties), **held}
        if kind is RecordKind.LEAD and not self.is_lead(properties):
            fields |= {f"converted_{name}": value for name, value in held.items()}
            fields = {name: value for name, value in fields.items() if name not in held}
            fields["converted_contact_id"] = object_id
        at = values.any_time(properties.get(names.modified_property(names.TYPES[kind])) or row.get("updatedAt"))
        author = str(properties.get(_UPDATED_BY) or "")
        return Record(
            kind,
            object_id,
            fields,
            revision=content_revision(fields),
            modified_at=at or _EPOCH,
            modified_by=self.api.findings.people.get(f"user {author}", author),
            url=self._url(kind, object_id),
        )

    def _links(self, kind: RecordKind, object_ids: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        found: dict[str, dict[str, FieldValue]] = {}
        # What a lead became is read from the same links as a contact's.
        wanted = {"account_id": RecordKind.ACCOUNT, "opportunity_id": RecordKind.OPPORTUNITY}
        for name, target in (wanted if kind is RecordKind.LEAD else names.LINKS[kind]).items():
            held = links.linked_of_many(self.api, names.TYPES[kind], object_ids, names.TYPES[target])
            for object_id, linked in held.items():
                if linked:
                    found.setdefault(object_id, {})[name] = linked[0]
        return found

    def _url(self, kind: RecordKind, object_id: str) -> str:
        portal = self.api.findings.portal
        page = f"https://{self.api.findings.page_host}/contacts/{portal}/record/{_PAGE_TYPES[names.TYPES[kind]]}"
        return f"{page}/{object_id}" if portal else ""

    def _path(self, kind: RecordKind, tail: str) -> str:
        return self.api.objects(names.TYPES[kind], tail)

    def _inputs(self, kind: RecordKind, object_ids: Sequence[str], by: str) -> dict[str, object]:
        inputs = [{"id": object_id} for object_id in object_ids]
        return {"properties": self.wanted(kind), "inputs": inputs, **({"idProperty": by} if by else {})}


def properties_of(row: Row) -> Mapping[str, object]:
    held = row.get("properties")
    return held if isinstance(held, dict) else {}


def is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20


def named(kind: RecordKind, specs: Iterable[FieldSpec], refusal: Refused) -> Rejected:
    """The same refusal with our names of the fields."""
    ours = {spec.vendor_name: spec.name for spec in specs}
    if refusal.existing_id:
        sentence = f"HubSpot has a person with this address already (id {refusal.existing_id})."
        return Rejected(sentence, field_errors={"email": sentence})
    wrong = {ours.get(own, own): said for own, said in refusal.fields.items()}
    return Rejected(f"The {kind} was refused: {refusal.said}", field_errors=wrong)

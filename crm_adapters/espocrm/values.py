"""Values to EspoCRM and back: real JSON types, UTC times with a space, addresses and phones as lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_adapters.espocrm.api import Row, as_row
from crm_adapters.espocrm.fields import NUMBERS, Mapped, Schema
from crm_adapters.spelling import iso_time, money_text, sql_time, time_of
from crm_model.errors import Rejected
from crm_model.field_values import is_empty
from crm_model.records import Fields, FieldType, FieldValue

_MOBILE, _FAX = "Mobile", "Fax"


def decode(schema: Schema, row: Row) -> dict[str, FieldValue]:
    """What a row with all its details holds, in our words; empty fields are left out."""
    emails, phones = Emails.of(row), Phones.of(row)
    special: dict[str, FieldValue] = {
        "email": emails.main,
        "other_emails": emails.others,
        "phone": phones.phone if "mobile" in schema.mapped else str(row.get("phoneNumber") or ""),
        "mobile": phones.mobile,
    }
    found: dict[str, FieldValue] = {}
    for name, mapped in schema.mapped.items():
        value = special[name] if name in special else _decoded(mapped, row)
        if not is_empty(value):
            found[name] = value
    return found


def encode(schema: Schema, fields: Fields, held: Row) -> dict[str, object]:
    """EspoCRM's attributes for our fields; `held` is the record as it stands, {} for a new one. Errors: Rejected."""
    sent: dict[str, object] = {}
    for name, value in fields.items():
        mapped = schema.mapped[name]
        if mapped.field not in ("emailAddress", "phoneNumber"):
            sent[mapped.held_in] = _encoded(schema, mapped, value)
    if {"email", "other_emails"} & fields.keys():
        sent |= Emails.of(held).edited(fields).attributes()
    if {"phone", "mobile"} & fields.keys():
        phones = Phones.of(held)
        edited = phones.edited(fields) if "mobile" in schema.mapped else phones.with_main(str(fields["phone"] or ""))
        sent |= edited.attributes(schema.phone_types)
    if {"contact_id", "other_contacts"} & fields.keys():
        sent |= _contacts(fields, held)
    return sent


@dataclass(frozen=True, slots=True)
class Emails:
    """A person's addresses with EspoCRM's marks (opted out, invalid), the main one first."""

    entries: tuple[Row, ...]

    @classmethod
    def of(cls, row: Row) -> Emails:
        listed = row.get("emailAddressData")
        main = row.get("emailAddress")
        entries = [as_row(each) for each in listed] if isinstance(listed, list) else []
        if isinstance(main, str) and main.lower() not in [_address(each).lower() for each in entries]:
            entries = [{"emailAddress": main, "primary": True}, *(each for each in entries if not each.get("primary"))]
        return cls(tuple(sorted(entries, key=lambda each: not each.get("primary"))))

    @property
    def main(self) -> str:
        return _address(self.entries[0]) if self.entries else ""

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(_address(each) for each in self.entries[1:])

    def edited(self, fields: Fields) -> Emails:
        main = str(fields.get("email") or "") if "email" in fields else self.main
        others = fields.get("other_emails") if "other_emails" in fields else self.others
        wanted = [main, *(others if isinstance(others, tuple) else ())]
        marks = {_address(each).lower(): each for each in self.entries}
        addresses = list(dict.fromkeys(each for each in wanted if each))
        return Emails(
            tuple(
                {**marks.get(each.lower(), {}), "emailAddress": each, "lower": each.lower(), "primary": number == 0}
                for number, each in enumerate(addresses)
            )
        )

    def attributes(self) -> dict[str, object]:
        return {"emailAddress": self.main or None, "emailAddressData": list(self.entries)}


@dataclass(frozen=True, slots=True)
class Phones:
    """A record's numbers, each with its type: the first "Mobile" is the mobile, the first other one the phone."""

    entries: tuple[Row, ...]

    @classmethod
    def of(cls, row: Row) -> Phones:
        listed = row.get("phoneNumberData")
        main = row.get("phoneNumber")
        entries = [as_row(each) for each in listed] if isinstance(listed, list) else []
        if not entries and isinstance(main, str) and main:
            entries = [{"phoneNumber": main, "primary": True, "type": "Office"}]
        return cls(tuple(entries))

    @property
    def mobile(self) -> str:
        return next((_number(each) for each in self.entries if each.get("type") == _MOBILE), "")

    @property
    def phone(self) -> str:
        return next((_number(each) for each in self.entries if each.get("type") not in (_MOBILE, _FAX)), "")

    def edited(self, fields: Fields) -> Phones:
        kept = [each for each in self.entries if _number(each) not in (self.mobile, self.phone)]
        wanted = (("phone", self.phone, ""), ("mobile", self.mobile, _MOBILE))
        made: list[Row] = []
        for name, held, kind in wanted:
            number = str(fields.get(name) or "") if name in fields else held
            before = next((each for each in self.entries if _number(each) == held and held), {"type": kind})
            if number:
                made.append({**before, "phoneNumber": number})
        return Phones((*made, *kept))

    def with_main(self, number: str) -> Phones:
        """The main number changed, for records with one number of ours; the others stay."""
        main = next((each for each in self.entries if each.get("primary")), {})
        kept = tuple(each for each in self.entries if each is not main)
        return Phones(({**main, "phoneNumber": number}, *kept) if number else kept)

    def attributes(self, types: Sequence[str]) -> dict[str, object]:
        office = next((each for each in ("Office", *types) if each in types and each != _MOBILE), "Office")
        entries = [
            {**each, "type": each.get("type") or office, "primary": number == 0}
            for number, each in enumerate(self.entries)
        ]
        return {"phoneNumber": _number(entries[0]) if entries else None, "phoneNumberData": entries}


def _decoded(mapped: Mapped, row: Row) -> FieldValue:
    value = row.get(mapped.held_in)
    if mapped.type is FieldType.MONEY:
        return money_text(value)
    if mapped.type is FieldType.DATETIME:
        at = time_of(value)
        return iso_time(at) if at is not None else None
    if mapped.type is FieldType.BOOLEAN:
        return value is True
    if isinstance(value, list):
        parts = tuple(str(each) for each in value)
        return (
            tuple(each for each in parts if each != row.get("contactId")) if mapped.name == "other_contacts" else parts
        )
    if mapped.type is FieldType.PERCENT:
        return value if isinstance(value, int) else None
    return None if value is None else str(value)


def _encoded(schema: Schema, mapped: Mapped, value: FieldValue) -> object:
    if mapped.type is FieldType.BOOLEAN:
        return bool(value)
    if is_empty(value):
        return [] if isinstance(value, tuple) else None
    if mapped.type is FieldType.MONEY:
        return float(str(value))
    if mapped.type is FieldType.DATETIME:
        at = time_of(value)
        return sql_time(at) if at is not None else None
    if schema.types.get(mapped.field) in NUMBERS and mapped.type is FieldType.TEXT:
        return _number_of(mapped, str(value), whole=schema.types[mapped.field] == "int")
    return list(value) if isinstance(value, tuple) else value


def _number_of(mapped: Mapped, text: str, *, whole: bool) -> int | float:
    try:
        return int(text) if whole else float(text)
    except ValueError as error:
        sentence = f"{mapped.label} must be a number."
        raise Rejected(sentence, field_errors={mapped.name: sentence}) from error


def _contacts(fields: Fields, held: Row) -> dict[str, object]:
    """The main contact is one of the contacts: EspoCRM adds it, but does not take the former one off."""
    before = held.get("contactsIds")
    others = fields.get("other_contacts")
    if not isinstance(others, tuple):
        old = before if isinstance(before, list) else []
        others = () if "other_contacts" in fields else tuple(str(each) for each in old if each != held.get("contactId"))
    main = fields.get("contact_id") if "contact_id" in fields else held.get("contactId")
    wanted = dict.fromkeys(([str(main)] if main else []) + list(others))
    return {"contactId": main or None, "contactsIds": list(wanted)}


def _address(entry: Mapping[str, object]) -> str:
    return str(entry.get("emailAddress") or "")


def _number(entry: Mapping[str, object]) -> str:
    return str(entry.get("phoneNumber") or "")

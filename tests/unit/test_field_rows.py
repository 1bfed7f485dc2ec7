"""A CRM's fields as a list: what it describes, what a rule makes of it, what only a rule names."""

from __future__ import annotations

from crm_model.records import FieldSpec, FieldType, RecordKind
from sync.field_map import Direction, FieldMap, FieldRule
from sync.field_rows import FieldRow, Shown, field_rows

LEAD = RecordKind.LEAD
PHONE = FieldSpec("phone", "Phone", FieldType.PHONE, vendor_name="phone_work")
CUSTOM = FieldSpec("budget_c", "Budget", FieldType.MONEY, extra=True)
STAMP = FieldSpec("created", "Created", FieldType.DATETIME, read_only=True)


def rows(**rules: FieldRule) -> dict[str, FieldRow]:
    found = field_rows(LEAD, (PHONE, CUSTOM, STAMP), FieldMap({LEAD: rules}))
    assert len({row.ours for row in found}) == len(found)
    return {row.ours: row for row in found}


def test_without_rules_it_is_as_the_crm_describes_it() -> None:
    found = rows()
    assert {name: (row.theirs, row.shown) for name, row in found.items()} == {
        "phone": ("phone_work", Shown.YES),
        "budget_c": ("budget_c", Shown.NO),
        "created": ("created", Shown.YES),
    }
    assert found["created"].direction is Direction.IN


def test_a_rule_that_was_not_read_yet_renames_its_field() -> None:
    found = rows(budget=FieldRule("budget_c", pin=True, label="Money"))
    assert (found["budget"].theirs, found["budget"].label, found["budget"].shown) == ("budget_c", "Money", Shown.PINNED)
    assert "budget_c" not in found


def test_a_name_that_another_field_takes_leaves_its_field_the_crms_own() -> None:
    found = rows(phone=FieldRule("budget_c"))
    assert (found["phone"].theirs, found["phone_work"].theirs) == ("budget_c", "phone_work")


def test_what_only_a_rule_names_is_not_passed_over() -> None:
    found = rows(fax=FieldRule("fax_c"), old=FieldRule("old_c", direction=Direction.NEVER))
    assert (found["fax"].shown, found["old"].shown) == (Shown.UNKNOWN, Shown.NEVER)

"""A field map between us and a real embedded CRM: names, values and directions both ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_adapters.contract import Adapter
from crm_adapters.local.adapter import LocalAdapter
from crm_adapters.testing import AdapterContract
from crm_model.errors import Rejected
from crm_model.records import Conversion, RecordKind
from sync.field_map import PLAIN_MAP, Direction, FieldMap, FieldRule, OnConflict, winner
from sync.mapped import MappedAdapter
from tests.crm_world import LEAD, NOW, World

RULES = {
    "employer": FieldRule(theirs="company"),
    "title": FieldRule(theirs="source", pin=True, label="Where from"),
    "phone": FieldRule(direction=Direction.IN),
    "mobile": FieldRule(direction=Direction.OUT),
    "website": FieldRule(direction=Direction.NEVER),
    "status": FieldRule(values={"fresh": "new", "warm": "open"}),
}


@pytest.fixture
def inner(tmp_path: Path) -> Iterator[LocalAdapter]:
    made = LocalAdapter("crm", tmp_path / "crm.db")
    yield made
    made.close()


@pytest.fixture
def mapped(inner: LocalAdapter) -> MappedAdapter:
    return MappedAdapter(inner, FieldMap({LEAD: RULES}))


def test_fields_are_described_by_our_names(mapped: Adapter) -> None:
    specs = {spec.name: spec for spec in mapped.describe(LEAD)}
    assert specs["employer"].vendor_name == "company"
    assert (specs["title"].label, specs["title"].pinned) == ("Where from", True)
    assert specs["title_"].vendor_name == "title"
    assert specs["phone"].read_only
    assert "website" not in specs
    assert dict(specs["status"].options)["fresh"] == "New"
    assert len(specs) == len(mapped.describe(LEAD))


def test_values_go_out_and_come_in_by_our_names(mapped: Adapter, inner: Adapter) -> None:
    made = mapped.create(
        LEAD, {"last_name": "Bø", "employer": "Bo AS", "title": "Fair", "status": "warm", "mobile": "1"}, "k"
    )
    theirs = inner.get(LEAD, made.id).fields
    assert (theirs["company"], theirs["source"], theirs["status"], theirs["mobile"]) == ("Bo AS", "Fair", "open", "1")
    assert (made.fields["employer"], made.fields["title"], made.fields["status"]) == ("Bo AS", "Fair", "warm")
    assert "mobile" not in made.fields
    assert mapped.update(LEAD, made.id, {"title_": "CTO"}, made.revision).fields["title_"] == "CTO"
    assert inner.get(LEAD, made.id).fields["title"] == "CTO"
    assert [record.id for record in mapped.changes(LEAD, "").records] == [made.id]
    assert mapped.convert_lead(made.id, Conversion(account={"name": "Bo"}), "c").lead.fields["employer"] == "Bo AS"


def test_a_field_that_is_only_read_is_not_written(mapped: Adapter) -> None:
    made = mapped.create(LEAD, {"last_name": "Bø", "phone": "22"}, "k")
    assert not made.fields.get("phone")
    with pytest.raises(Rejected) as refusal:
        mapped.update(LEAD, made.id, {"phone": "22"}, made.revision)
    assert set(refusal.value.field_errors) == {"phone"}


def test_a_refusal_names_our_field(mapped: Adapter) -> None:
    with pytest.raises(Rejected) as refusal:
        mapped.create(LEAD, {"last_name": "Bø", "employer": "x" * 300}, "k")
    assert set(refusal.value.field_errors) == {"employer"}


class TestMappedContract(AdapterContract):
    """A map without renaming changes nothing of the contract."""

    @pytest.fixture
    def adapter(self, inner: LocalAdapter) -> Adapter:
        return MappedAdapter(inner, FieldMap({LEAD: {"title": FieldRule(pin=True)}}))


@pytest.mark.parametrize(
    ("rule", "mine", "theirs", "wins"),
    [
        (OnConflict.ASK, 1, 2, OnConflict.ASK),
        (OnConflict.MINE, 1, 2, OnConflict.MINE),
        (OnConflict.NEWEST, 1, 2, OnConflict.THEIRS),
        (OnConflict.NEWEST, 2, 1, OnConflict.MINE),
    ],
)
def test_a_rule_says_whose_edit_wins(rule: OnConflict, mine: int, theirs: int, wins: OnConflict) -> None:
    assert winner(FieldRule(on_conflict=rule), NOW.replace(hour=mine), NOW.replace(hour=theirs)) is wins
    assert winner(FieldRule(on_conflict=OnConflict.NEWEST), None, NOW) is OnConflict.ASK


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(("rule", "kept"), [(OnConflict.MINE, "CEO"), (OnConflict.THEIRS, "CFO")])
@pytest.mark.parametrize("pull_first", [False, True])
def test_a_conflict_is_decided_by_its_rule(world: World, rule: OnConflict, kept: str, pull_first: bool) -> None:
    world.field_map = FieldMap({LEAD: {"title": FieldRule(on_conflict=rule)}})
    lead = world.lead(title="CTO")
    world.colleague_sets(lead, {"title": "CFO"})
    world.edit(lead, {"title": "CEO", "phone": "22"})
    if pull_first:
        world.pull()
    assert world.push().conflicts == 0
    world.pull()
    assert world.conflict_fields(lead) == {}
    assert (world.theirs(lead).fields["title"], world.theirs(lead).fields["phone"]) == (kept, "22")
    assert world.record(lead).fields["title"] == kept


def test_a_field_that_is_only_written_keeps_our_value(world: World) -> None:
    world.field_map = FieldMap({LEAD: {"title": FieldRule(direction=Direction.OUT)}})
    lead = world.lead(title="CTO")
    world.colleague_sets(lead, {"title": "Other", "phone": "22"})
    world.pull()
    assert (world.record(lead).fields["title"], world.record(lead).fields["phone"]) == ("CTO", "22")
    world.edit(lead, {"title": "CEO"})
    assert world.push().pushed == 1
    assert world.theirs(lead).fields["title"] == "CEO"
    assert world.record(lead).fields["title"] == "CEO"


def test_a_new_map_reads_everything_anew(world: World) -> None:
    lead = world.lead(company="Bo AS")
    world.pull()
    world.field_map = FieldMap({LEAD: {"employer": FieldRule(theirs="company")}})
    world.pull()
    assert world.record(lead).fields["employer"] == "Bo AS"
    assert not world.record(lead).fields.get("company")
    assert (PLAIN_MAP.digest, FieldMap({RecordKind.LEAD: {}}).digest) == ("", "")

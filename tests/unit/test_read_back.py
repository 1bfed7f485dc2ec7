"""What a CRM made of a value is told where it means something else, and only there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_model.records import Fields, FieldValue, Record, RecordKind
from sync.pushing.read_back import differences
from sync.store.record_views import record_view
from tests.crm_world import LEAD, LossyAdapter, World


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("Bø", " bø "),
        ("12", "12.00"),
        ("12.5", "12.500000"),
        ("2026-11-22T09:00:00Z", "2026-11-22T10:00:00+01:00"),
        ("a\r\nb", "a\nb"),
        (("A@x.example", "b@x.example"), ("b@x.example", "a@x.example")),
        ("", None),
        (5, 5),
    ],
)
def test_its_own_spelling_of_the_same_is_no_news(asked: FieldValue, held: FieldValue) -> None:
    assert differences({"field": asked}, {"field": held}) == {}


@pytest.mark.parametrize(
    ("asked", "held", "said"),
    [
        ("Bø 😀", "Bø ????", "The CRM made “Bø ????” of “Bø 😀”."),
        ("1234.56", "1235", "The CRM made “1235” of “1234.56”."),
        ("<message-id>", "", "The CRM took “<message-id>” but holds nothing here."),
        (("a", "b"), ("a",), "The CRM made “a” of “a, b”."),
        ("new@x.example", "old@x.example", "The CRM made “old@x.example” of “new@x.example”."),
        (True, None, "The CRM took “True” but holds nothing here."),
    ],
)
def test_another_value_is_told_with_both(asked: FieldValue, held: FieldValue, said: str) -> None:
    assert differences({"field": asked}, {"field": held}) == {"field": said}


def test_what_was_not_asked_is_the_crm_s_own_business() -> None:
    assert differences({"stage": "won"}, {"stage": "won", "probability": 100}) == {}


class ManglingAdapter(LossyAdapter):
    """Stores question marks for what its database can't hold, as a success."""

    def update(self, kind: RecordKind, record_id: str, fields: Fields, if_revision: str) -> Record:
        mangled = {name: str(value).replace("😀", "????") for name, value in fields.items()}
        return super().update(kind, record_id, mangled, if_revision)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.adapter.close()
    made.adapter = ManglingAdapter(tmp_path / "crm.db")
    yield made
    made.close()


def test_a_mangled_value_is_shown_beside_its_field_until_the_next_edit(world: World) -> None:
    lead = world.lead()
    world.pull()

    def told() -> dict[str, str]:
        with world.store.read() as unit:
            return {field.spec.name: field.altered for field in record_view(unit, lead).fields if field.altered}

    world.edit(lead, {"title": "CEO 😀", "phone": "22"})
    assert world.push().pushed == 1
    assert told() == {"title": "The CRM made “CEO ????” of “CEO 😀”."}
    assert world.record(lead).fields["title"] == "CEO ????"
    world.edit(lead, {"title": "CEO"})
    world.push()
    assert told() == {}
    assert world.record(lead).kind is LEAD

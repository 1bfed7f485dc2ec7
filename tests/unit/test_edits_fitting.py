"""A proposed lead keeps all that was stated, in fields that its CRM has."""

from __future__ import annotations

import pytest

from crm_adapters.local.fields import SPECS
from crm_model.records import FieldSpec, FieldType, RecordKind
from sync.edits.fitting import fit_lead
from sync.store import crms
from sync.store.database import Store
from tests.crm_world import NOW

LEAD = RecordKind.LEAD


def described(store: Store, *extra: FieldSpec) -> None:
    with store.write() as unit:
        specs = (*SPECS[LEAD], *extra)
        crms.describe_if_changed(unit, "crm", LEAD, specs=specs, owners=(), now=NOW)


def fit(store: Store, **stated: object) -> dict[str, object]:
    with store.read() as unit:
        return dict(fit_lead(unit, "crm", stated))  # type: ignore[arg-type]


def test_what_the_crm_has_no_field_for_stands_in_the_description(store: Store) -> None:
    described(store)
    fitted = fit(store, last_name="Bø", service="nettside", budget="90 000 kr", description="Hei")
    assert fitted == {"last_name": "Bø", "description": "Hei\nService: nettside\nBudget: 90 000 kr"}


@pytest.mark.parametrize(
    ("written", "amount"),
    [("90 000 kr", "90000"), ("NOK 1.5", "1.5"), ("€ 2500,50", "2500.50"), ("80-100 tusen", None)],
)
def test_a_sum_fits_a_field_of_money_or_is_told_as_written(store: Store, written: str, amount: str | None) -> None:
    described(store, FieldSpec("budget", "Budget", FieldType.MONEY))
    fitted = fit(store, last_name="Bø", budget=written)
    assert fitted.get("budget") == amount
    assert fitted.get("description") == (None if amount else f"Budget: {written}")


def test_a_picklist_takes_its_labels_and_nothing_else(store: Store) -> None:
    described(store)
    assert fit(store, last_name="Bø", status="Qualified")["status"] == "qualified"
    assert fit(store, last_name="Bø", status="Hot") == {"last_name": "Bø", "description": "Status: Hot"}


def test_what_is_too_long_for_its_field_is_told_whole(store: Store) -> None:
    described(store)
    fitted = fit(store, last_name="Bø", company="N" * 300)
    assert fitted == {"last_name": "Bø", "description": f"Company: {'N' * 300}"}


def test_a_crm_that_has_not_described_itself_is_left_to_judge(store: Store) -> None:
    assert fit(store, last_name="Bø", budget="1") == {"last_name": "Bø", "budget": "1"}

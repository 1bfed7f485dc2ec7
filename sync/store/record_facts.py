"""What lists of records sort and add up by, taken out of a record's fields into columns of their own."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from crm_model.field_values import clean_text, is_open
from crm_model.records import Fields, FieldValue, RecordKind

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOST = 10**15


def facts_of(kind: RecordKind, fields: Fields) -> dict[str, bool | int | str | None]:
    """The columns by name. `amount` is in hundredths of the currency, None where no number stands; days are ISO dates.

    `is_open` does not know whether the record is deleted: that is its state.
    """
    probability = fields.get("probability")
    return {
        "is_open": is_open(kind, fields),
        "amount": _hundredths(fields.get("amount")),
        "currency": clean_text(str(fields.get("currency") or "")),
        "probability": probability if isinstance(probability, int) and 0 <= probability <= 100 else None,
        "closes_on": _day(fields.get("closes_on") or fields.get("close_date")),
        "next_contact_on": _day(fields.get("next_contact_on")),
    }


def _hundredths(value: FieldValue) -> int | None:
    try:
        amount = Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None
    if amount is None or not amount.is_finite() or abs(amount) > _MOST:
        return None
    return int((amount * 100).to_integral_value())


def _day(value: FieldValue) -> str:
    found = _DAY.match(str(value or ""))
    return found[0] if found else ""

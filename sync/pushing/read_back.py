"""What a CRM made of the values it was sent, where that is something else: told beside the field, never silent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from crm_model.field_values import is_empty, same_value
from crm_model.records import Fields, FieldValue

_LONGEST = 60


def differences(asked: Fields, answered: Fields) -> dict[str, str]:
    """A sentence for each field that the CRM holds otherwise than asked; its own spelling of the same is none."""
    return {
        name: _sentence(value, answered.get(name))
        for name, value in asked.items()
        if not _means_the_same(value, answered.get(name))
    }


def _means_the_same(asked: FieldValue, held: FieldValue) -> bool:
    if same_value(asked, held):
        return True
    if isinstance(asked, tuple) or isinstance(held, tuple):
        return isinstance(asked, tuple) and isinstance(held, tuple) and _folded(asked) == _folded(held)
    one, other = _plain(asked), _plain(held)
    return one == other or _equal_numbers(one, other) or _equal_times(one, other)


def _folded(parts: tuple[str, ...]) -> set[str]:
    return {_plain(part) for part in parts if part.strip()}


def _plain(value: FieldValue) -> str:
    """Text as far as case and white space don't matter: CRMs trim, fold addresses and change line ends."""
    return " ".join(str(value).split()).casefold() if value is not None else ""


def _equal_numbers(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def _equal_times(one: str, other: str) -> bool:
    try:
        return datetime.fromisoformat(one.upper()) == datetime.fromisoformat(other.upper())
    except (ValueError, TypeError):
        return False


def _sentence(asked: FieldValue, held: FieldValue) -> str:
    if is_empty(held):
        return f"The CRM took “{_short(asked)}” but holds nothing here."
    return f"The CRM made “{_short(held)}” of “{_short(asked)}”."


def _short(value: FieldValue) -> str:
    text = " ".join((", ".join(value) if isinstance(value, tuple) else str(value if value is not None else "")).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

"""Amounts of money as people write them where they live."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from crm_model.field_values import money_words
from tui.words import locale, spoken


def shown_amount(amount: str) -> str:
    """ "1250000.00" as "1 250 000", "1.250.000" and the like, cents only where there are any; other text as it is."""
    if spoken() == "en":
        return money_words(amount)
    try:
        value = Decimal(amount)
    except InvalidOperation:
        return money_words(amount)
    from babel.numbers import format_decimal

    return format_decimal(
        value, format="#,##0.##" if value == value.to_integral_value() else "#,##0.00", locale=locale()
    )

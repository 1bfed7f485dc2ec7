"""Field values between what a person types and what a CRM record holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from crm_model.records import FieldSpec, FieldType, FieldValue
from crm_model.safe_text import safe_line, safe_text
from crm_model.typed_times import read_date, read_time
from tui.times import Clock
from tui.words import say

_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")
_YES, _NO = frozenset({"yes", "y", "true", "1", "on"}), frozenset({"no", "n", "false", "0", "off", ""})


class BadValue(ValueError):
    """What was typed is no value for this field; the text is a sentence that says what would be."""


def typed_value(spec: FieldSpec, text: str, clock: Clock) -> FieldValue:
    """The value for the CRM of what a person typed. Errors: BadValue."""
    text = text.strip()
    if not text and spec.type is not FieldType.BOOLEAN:
        if spec.required:
            raise BadValue(say("{field} can't be empty.", field=spec.label))
        return () if spec.type is FieldType.EMAILS else None
    if spec.max_length and len(text) > spec.max_length:
        raise BadValue(
            say(
                "{field} holds at most {most} characters; this has {count}.",
                field=spec.label,
                most=spec.max_length,
                count=len(text),
            )
        )
    read = _READERS.get(spec.type)
    return read(spec, text, clock) if read else text


def shown_value(spec: FieldSpec, value: FieldValue, clock: Clock) -> str:
    """The text to begin editing with: what `typed_value` reads back to the same value.

    What would act on the terminal is left out: an input line draws its text as it is.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return safe_line(", ".join(value))
    if spec.type is FieldType.DATETIME and isinstance(value, str):
        try:
            return f"{clock.local(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
        except ValueError:
            return safe_line(value)
    return safe_text(str(value)) if spec.type is FieldType.LONG_TEXT else safe_line(str(value))


def _money(spec: FieldSpec, text: str, clock: Clock) -> str:
    digits = re.sub(r"[\s'’]|^[^\d\-]+|[^\d]+$", "", text)
    last = max(digits.rfind(","), digits.rfind("."))
    marks = digits.count(",") + digits.count(".")
    if marks == 1 and len(digits) - last == 4:
        whole = f"{digits[:last]}{digits[last + 1 :]}"
        raise BadValue(say("Is “{text}” thousands or decimals? Write {whole} or add decimals.", text=text, whole=whole))
    if marks == 0 or len(digits) - last == 4:
        whole, cents = re.sub("[,.]", "", digits), "0"
    else:
        whole, cents = re.sub("[,.]", "", digits[:last]), digits[last + 1 :]
    if not whole.lstrip("-"):
        raise BadValue(say("“{text}” is no amount; write it like 12500 or 12500.50.", text=text))
    try:
        return str(Decimal(f"{whole}.{cents or '0'}").quantize(Decimal("0.01")))
    except InvalidOperation as error:
        raise BadValue(say("“{text}” is no amount; write it like 12500 or 12500.50.", text=text)) from error


def _percent(spec: FieldSpec, text: str, clock: Clock) -> int:
    digits = text.rstrip("% ")
    if not digits.isascii() or not digits.isdigit() or int(digits) > 100:
        raise BadValue(say("A percentage is a whole number from 0 to 100."))
    return int(digits)


def typed_date(text: str, clock: Clock) -> date:
    """A date; see `read_date`. Errors: BadValue."""
    try:
        return read_date(text, clock.local(clock.now()).date())
    except (ValueError, OverflowError) as error:
        raise BadValue(str(error)) from error


def typed_time(text: str, clock: Clock, hour: int = 9) -> datetime:
    """A time in UTC; see `read_time`. Errors: BadValue."""
    try:
        return read_time(text, clock.now(), clock.zone, hour)
    except (ValueError, OverflowError) as error:
        raise BadValue(str(error)) from error


def _email(spec: FieldSpec, text: str, clock: Clock) -> str:
    if not _EMAIL.fullmatch(text):
        raise BadValue(say("“{text}” is no e-mail address.", text=text))
    return text


def _emails(spec: FieldSpec, text: str, clock: Clock) -> tuple[str, ...]:
    return tuple(_email(spec, part.strip(), clock) for part in re.split("[,;]", text) if part.strip())


def _boolean(spec: FieldSpec, text: str, clock: Clock) -> bool:
    if text.lower() not in _YES | _NO:
        raise BadValue(say("{field} is yes or no.", field=spec.label))
    return text.lower() in _YES


def _picked(spec: FieldSpec, text: str, clock: Clock) -> str:
    for value, label in spec.options:
        if text in (value, label):
            return value
    labels = ", ".join(label for _, label in spec.options)
    raise BadValue(say("“{text}” is none of: {labels}.", text=text, labels=labels))


_READERS: dict[FieldType, Callable[[FieldSpec, str, Clock], FieldValue]] = {
    FieldType.MONEY: _money,
    FieldType.PERCENT: _percent,
    FieldType.DATE: lambda spec, text, clock: typed_date(text, clock).isoformat(),
    FieldType.DATETIME: lambda spec, text, clock: f"{typed_time(text, clock):%Y-%m-%dT%H:%M:%SZ}",
    FieldType.EMAIL: _email,
    FieldType.EMAILS: _emails,
    FieldType.BOOLEAN: _boolean,
    FieldType.PICKLIST: _picked,
}

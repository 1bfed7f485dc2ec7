"""Templates: placeholders filled from the record that a mail is about.

{{person.first_name}} is a field of the linked person, {{person.first_name|there}} says what stands for a missing one.
The first part names whose field it is: person (a contact or a lead), contact, lead, account, opportunity, or me.
A placeholder that has no value stays in the text, where it stops the sending.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crm_model.safe_text import safe_line, safe_text
from sync.composing.draft import Template

Values = Mapping[str, Mapping[str, str]]
"""Whose, then which field, to its text as a person reads it; missing and empty ones are alike."""

_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)\.([a-z0-9_]+)\s*(?:\|([^{}|]*))?\}\}", re.IGNORECASE)
_PERSON = ("contact", "lead")


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its values. `unfilled` are the placeholders left in it, as they stand there."""

    subject: str
    text: str
    unfilled: tuple[str, ...]


def fill_template(template: Template, values: Values) -> Filled:
    """The template's subject and text with every value that there is; a value is never read as a template itself."""
    unfilled: dict[str, None] = {}

    def fill(text: str, *, one_line: bool) -> str:
        def value_of(match: re.Match[str]) -> str:
            found = _value(match[1].lower(), match[2].lower(), values) or (match[3] or "").strip()
            if not found:
                unfilled[match[0]] = None
                return match[0]
            return safe_line(found) if one_line else safe_text(found)

        return _PLACEHOLDER.sub(value_of, text)

    subject, text = fill(template.subject, one_line=True), fill(template.text, one_line=False)
    return Filled(safe_line(subject), text, tuple(unfilled))


def _value(whose: str, field: str, values: Values) -> str:
    for kind in _PERSON if whose == "person" else (whose,):
        found = values.get(kind, {}).get(field, "").strip()
        if found:
            return found
    return ""

"""Values under labels that no list of ours knows, told by their shape."""

from __future__ import annotations

import re

from agent.judging.fields import names
from agent.judging.fields.budget import is_money
from agent.judging.fields.service import services_of
from agent.judging.forms import Form
from agent.judging.lexicon import any_of

_LEGAL = re.compile(rf"(?:^|\s){any_of('legal_suffix_pattern')}(?=$|[\s,.;)])")
_SENTENCE_WORDS = 7


def guess(form: Form, values: dict[str, str]) -> None:
    """Add to `values` what stands under unknown labels and is missing there: name, sum, company, what is wanted."""
    email = values.get("email", "")
    for _, value in form.others:
        name = _shape(value, email)
        if name == "message":
            values["message"] = max(values.get("message", ""), value, key=len)
        elif name:
            values.setdefault(name, value)


def _shape(value: str, email: str) -> str:
    words = value.split()
    if not words or "@" in value or "://" in value:
        return ""
    if is_money(value) and len(words) <= 8:
        return "budget"
    if len(words) >= _SENTENCE_WORDS:
        return "message"
    plain = names.clean(value)
    if (
        2 <= len(words) <= 4
        and names.looks_like_person(plain)
        and (names.fits(plain, email) or names.is_given(words[0]))
    ):
        return "name"
    if _LEGAL.search(value):
        return "company"
    return "service" if services_of(value) else ""

"""Letters that nobody of the labelled sets wrote, by verdict and language (`tests/invented`)."""

from __future__ import annotations

from collections import defaultdict

import pytest

from agent.judging import judge
from agent.linking import AUTOMATIC
from crm_model.links import VerdictKind
from tests.invented_mail import AGENCY, Letter, read_letters

LETTERS = tuple(read_letters())
_WRONG_AT_MOST = 0.1  # of a verdict's letters in a language; one in any case


def by_group() -> dict[str, list[Letter]]:
    groups: dict[str, list[Letter]] = defaultdict(list)
    for letter in LETTERS:
        groups[f"{letter.kind.value}-{letter.language}"].append(letter)
    return groups


GROUPS = by_group()


def test_every_verdict_of_a_letter_has_at_least_fifteen_over_the_languages() -> None:
    kinds = {letter.kind for letter in LETTERS}
    assert all(sum(letter.kind is kind for letter in LETTERS) >= 15 for kind in kinds)
    assert len(kinds) >= 11
    assert len({letter.language for letter in LETTERS}) == 9


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_letters_are_what_they_are(group: str) -> None:
    letters = GROUPS[group]
    said = {str(letter): judge(letter.message, AGENCY, letter.context) for letter in letters}
    wrong = {name: verdict.kind.value for name, verdict in said.items() if verdict.kind is not letters[0].kind}
    assert len(wrong) <= max(1, _WRONG_AT_MOST * len(letters)), wrong


def test_no_lead_is_made_of_what_is_no_enquiry() -> None:
    others = [letter for letter in LETTERS if letter.kind is not VerdictKind.ENQUIRY]
    said = {str(letter): judge(letter.message, AGENCY, letter.context) for letter in others}
    leads = {name: verdict.probability for name, verdict in said.items() if verdict.creates_lead}
    assert {name: odds for name, odds in leads.items() if odds >= AUTOMATIC} == {}
    assert len(leads) <= len(others) / 50


def test_enquiries_make_leads_and_the_unsure_ones_ask() -> None:
    wanted = [letter for letter in LETTERS if letter.kind is VerdictKind.ENQUIRY]
    said = [judge(letter.message, AGENCY, letter.context) for letter in wanted]
    assert sum(verdict.creates_lead for verdict in said) >= 0.95 * len(wanted)
    assert any(verdict.creates_lead and verdict.probability < AUTOMATIC for verdict in said)
    assert all(verdict.reasons for verdict in said)

"""What is asked where several deals fit a mail alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent.linking import AUTOMATIC, decide_link
from crm_model.links import Candidate, FilingRule, Linked, Reason, Verdict, VerdictKind
from crm_model.mail import Message
from crm_model.organisation import Organisation
from crm_model.records import RecordKind

Letter = Callable[..., Message]
OTHER = Verdict(VerdictKind.OTHER, 0.5, creates_lead=False, reasons=())
NINA = "Nina Dahl <nina@dahlbygg.test>"


def decided(message: Message, crm: Any, firm: Organisation, verdict: Verdict = OTHER) -> tuple[set[int], list[int]]:
    """What it links to, and what it asks about, in order."""
    decision = decide_link(message, verdict, crm, firm, auto_leads=False)
    if not isinstance(decision, Linked):
        return set(), []
    assert all(candidate.odds < AUTOMATIC for candidate in decision.ask)
    assert sum(candidate.odds for candidate in decision.ask) <= 1
    return {each.record_id for each in decision.candidates}, [each.record_id for each in decision.ask]


def test_the_person_is_linked_and_the_deal_is_asked(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    linked, asked = decided(letter("Ring meg.", sender=NINA), small_crm, firm)
    assert (linked, set(asked)) == ({10, 1}, {30, 31})


def test_equal_words_ask_for_the_newest_first(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    for number in (30, 31):
        small_crm.records[number] = replace(small_crm.records[number], title="Etikettskriver")
    message = letter("Hvor fort går etikettskriveren?", subject="Spørsmål", sender=NINA)
    assert decided(message, small_crm, firm) == ({10, 1}, [31, 30])


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"amount": "48500.00"}, "Kan vi få betale 48 500 i to rater?"),
        ({"amount": "48500"}, "Kan vi få betale kr 48.500,00 i to rater?"),
        ({"close_date": "2026-03-09"}, "Vi bestemmer oss 9.3.2026 som avtalt."),
        ({"close_date": "2026-03-09"}, "Vi bestemmer oss 09/03/2026 som avtalt."),
    ],
)
def test_an_amount_or_a_day_puts_its_deal_first(
    letter: Letter, firm: Organisation, small_crm: Any, fields: dict[str, str], text: str
) -> None:
    small_crm.records[30] = replace(small_crm.records[30], fields=fields)
    small_crm.records[31] = replace(small_crm.records[31], fields={"amount": "9", "close_date": "soon"})
    assert decided(letter(text, sender=NINA), small_crm, firm)[1] == [30, 31]


def test_a_role_puts_its_deal_first(
    letter: Letter, firm: Organisation, small_crm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = {10: (small_crm.records[30],)}
    monkeypatch.setattr(type(small_crm), "opportunities_of_person", lambda _, person: roles.get(person, ()))
    assert decided(letter("Ring meg.", sender=NINA), small_crm, firm)[1] == [30, 31]


@pytest.mark.parametrize(
    "kind", [VerdictKind.AUTO_REPLY, VerdictKind.INVOICE, VerdictKind.PITCH, VerdictKind.PERSONAL, VerdictKind.CALENDAR]
)
def test_noise_asks_nothing(letter: Letter, firm: Organisation, small_crm: Any, kind: VerdictKind) -> None:
    verdict = Verdict(kind, 0.9, creates_lead=False, reasons=())
    assert decided(letter("Ring meg.", sender=NINA), small_crm, firm, verdict)[1] == []


def test_a_mailing_list_asks_nothing(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    verdict = Verdict(VerdictKind.OTHER, 0.9, creates_lead=False, reasons=(Reason("mailing_list", "a list"),))
    assert decided(letter("Ring meg.", sender=NINA), small_crm, firm, verdict)[1] == []


def test_something_new_is_no_question_about_the_old(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    verdict = Verdict(VerdictKind.ENQUIRY, 0.9, creates_lead=True, reasons=())
    assert decided(letter("Vi trenger en app, hva koster det?", sender=NINA), small_crm, firm, verdict)[1] == []


def test_a_stranger_of_the_house_is_not_asked_about(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Ring meg.", sender="Nina Dahl <resepsjon@dahlbygg.test>")
    assert decided(message, small_crm, firm) == ({1}, [])


def test_a_namesake_and_a_person_only_mentioned_ask_nothing(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert decided(letter("Ring meg.", sender="Nina Dahl <nina.dahl@gmail.com>"), small_crm, firm) == (set(), [])
    message = letter("Hils Nina Dahl i Dahl Bygg.", sender="P <per@moenhage.test>")
    linked, asked = decided(message, small_crm, firm)
    assert 32 in linked
    assert asked == []


def test_what_a_person_or_the_conversation_says_is_not_asked(
    letter: Letter, firm: Organisation, small_crm: Any
) -> None:
    message = letter("Ring meg.", sender=NINA)
    small_crm.rules = (FilingRule("nina@dahlbygg.test", (), 30),)
    assert decided(message, small_crm, firm)[1] == []
    small_crm.rules = (FilingRule("nina@dahlbygg.test", (), 10),)
    assert decided(message, small_crm, firm)[1] == []
    small_crm.rules, small_crm.links = (), (31,)
    assert decided(message, small_crm, firm) == ({10, 1, 31}, [])


def test_nothing_is_asked_twice_nor_about_a_deal_taken_off(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Ring meg.", sender=NINA)
    small_crm.deals_in_question = frozenset({30, 31})
    assert decided(message, small_crm, firm)[1] == []
    small_crm.deals_in_question, small_crm.refused = frozenset(), frozenset({30})
    assert decided(message, small_crm, firm)[1] == [31]


def test_a_number_that_no_deal_has_asks_nothing(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    assert decided(letter("Ring meg.", subject="Ordre FW-7777", sender=NINA), small_crm, firm)[1] == []


def test_at_most_five_each_with_its_reason(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    for number in range(40, 50):
        small_crm.records[number] = replace(small_crm.records[30], id=number, title=f"Avtale {number}")
    decision = decide_link(letter("Ring meg.", sender=NINA), OTHER, small_crm, firm, auto_leads=False)
    assert isinstance(decision, Linked)
    assert [each.record_id for each in decision.ask] == [49, 48, 47, 46, 45]
    first: Candidate = decision.ask[0]
    assert first.reason == Reason("which_deal", "open, and the mail names no deal")
    assert small_crm.records[first.record_id].kind is RecordKind.OPPORTUNITY

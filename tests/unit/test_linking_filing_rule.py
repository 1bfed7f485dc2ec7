"""A person's rule beats what the agent would conclude, but not the thread and not what was taken off it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.linking import decide_link
from crm_model.links import CreateLead, FilingRule, Ignored, LinkDecision, Linked, Verdict, VerdictKind
from crm_model.mail import Message
from crm_model.organisation import Organisation

Letter = Callable[..., Message]
OTHER = Verdict(VerdictKind.OTHER, 0.5, creates_lead=False, reasons=())
ENQUIRY = Verdict(VerdictKind.ENQUIRY, 0.95, creates_lead=True, reasons=(), fields={"email": "eli@ny.test"})
TO_SHOP = FilingRule("@dahlbygg.test", ("etikett",), 30, 1)


def linked(decision: LinkDecision) -> set[int]:
    return {item.record_id for item in decision.candidates} if isinstance(decision, Linked) else set()


def test_it_beats_the_words_of_the_subject(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Om etikettskriveren.", subject="Etikettskriver", sender="N <nina@dahlbygg.test>")
    assert 31 in linked(decide_link(message, OTHER, small_crm, firm, auto_leads=False))
    small_crm.rules = (TO_SHOP,)
    decision = decide_link(message, OTHER, small_crm, firm, auto_leads=False)
    assert linked(decision) & {30, 31} == {30}
    assert isinstance(decision, Linked)
    assert any(
        item.reason.rule == "filing_rule" and "@dahlbygg.test" in item.reason.evidence for item in decision.candidates
    )


def test_it_means_only_its_words_and_its_sender(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    small_crm.rules = (TO_SHOP,)
    other_words = letter("Hei igjen, om intranettet.", subject="Intranett", sender="P <per@moenhage.test>")
    assert 30 not in linked(decide_link(other_words, OTHER, small_crm, firm, auto_leads=False))


def test_the_thread_keeps_its_deal(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    small_crm.rules, small_crm.links = (TO_SHOP,), (31,)
    message = letter("Etikettene kom.", subject="SV: Hei", sender="N <nina@dahlbygg.test>")
    assert linked(decide_link(message, OTHER, small_crm, firm, auto_leads=False)) & {30, 31} == {31}


def test_a_tombstone_beats_it(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    small_crm.rules, small_crm.refused = (TO_SHOP,), frozenset({30})
    message = letter("Etiketter.", subject="Etiketter", sender="N <nina@dahlbygg.test>")
    assert 30 not in linked(decide_link(message, OTHER, small_crm, firm, auto_leads=False))


def test_it_files_a_newsletter_that_would_be_left_out(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    letter_to_all = Verdict(VerdictKind.NEWSLETTER, 0.99, creates_lead=False, reasons=())
    message = letter("Nytt fra oss", sender="N <nytt@dahlbygg.test>")
    assert linked(decide_link(message, letter_to_all, small_crm, firm, auto_leads=False)) == set()
    small_crm.rules = (FilingRule("nytt@dahlbygg.test", (), 1, 1),)
    assert linked(decide_link(message, letter_to_all, small_crm, firm, auto_leads=False)) == {1}


def test_a_person_or_account_takes_its_place(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    small_crm.rules = (FilingRule("@regnskap.test", (), 11, 1),)
    message = letter("Faktura?", sender="R <post@regnskap.test>")
    assert linked(decide_link(message, OTHER, small_crm, firm, auto_leads=False)) >= {11, 2}


def test_against_leads(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Tilbud?", sender="Eli <eli@ny.test>")
    assert isinstance(decide_link(message, ENQUIRY, small_crm, firm, auto_leads=True), CreateLead)
    small_crm.rules = (FilingRule("@ny.test", (), None, 1),)
    told = decide_link(message, ENQUIRY, small_crm, firm, auto_leads=True)
    assert isinstance(told, Ignored)
    assert told.reason.rule == "filing_rule"

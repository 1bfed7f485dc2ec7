"""Lessons move how sure the agent is, within bounds, and never over what is no enquiry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.linking import decide_link
from crm_model.links import CreateLead, Ignored, Verdict, VerdictKind
from crm_model.mail import Message
from crm_model.organisation import Organisation
from sync.lessons import Lessons, lesson_words, move

Letter = Callable[..., Message]
UNSURE = Verdict(VerdictKind.ENQUIRY, 0.6, creates_lead=True, reasons=(), fields={"email": "eli@ny.test"})
LEARNT = Lessons(20, 20, {"backlinks": (0, 15), "guest": (0, 12), "nettbutikk": (16, 0), "@ny.test": (1, 1)})


def test_what_was_refused_before_is_held_and_says_why(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Guest posts and backlinks, what is your price?", subject="Price", sender="Eli <eli@ny.test>")
    assert isinstance(decide_link(message, UNSURE, small_crm, firm, auto_leads=True), CreateLead)
    small_crm.learnt = LEARNT
    held = decide_link(message, UNSURE, small_crm, firm, auto_leads=True)
    assert isinstance(held, Ignored)
    assert held.held
    assert "backlinks" in held.reason.evidence


def test_what_became_leads_before_is_surer(letter: Letter, firm: Organisation, small_crm: Any) -> None:
    message = letter("Pris på nettbutikk?", sender="Eli <eli@ny.test>")
    before = decide_link(message, UNSURE, small_crm, firm, auto_leads=True)
    small_crm.learnt = LEARNT
    after = decide_link(message, UNSURE, small_crm, firm, auto_leads=True)
    assert isinstance(before, CreateLead)
    assert isinstance(after, CreateLead)
    assert after.odds > before.odds


def test_few_decisions_teach_nothing() -> None:
    assert move(Lessons(4, 50, {"a": (0, 50)}), 0.9, {"a"}) is None
    assert move(LEARNT, 0.9, {"unknown"}) is None


COUNTS = st.integers(0, 200)


@given(COUNTS, COUNTS, st.dictionaries(st.text(max_size=5), st.tuples(COUNTS, COUNTS)), st.floats(0, 1))
def test_lessons_move_within_bounds(yes: int, no: int, words: dict[str, tuple[int, int]], probability: float) -> None:
    held = {word: (min(one, yes), min(other, no)) for word, (one, other) in words.items()}
    moved = move(Lessons(yes, no, held), probability, set(words))
    if moved is not None:
        assert 0 < moved.probability < 1
        sure = min(max(probability, 0.001), 0.999)
        assert (moved.probability > sure) is moved.up
        assert moved.words


def test_the_senders_domain_is_a_word() -> None:
    assert "@acme.example" in lesson_words("eva@acme.example", "Hi", "Two w0rds 123")
    assert "123" not in lesson_words("eva@acme.example", "Hi", "Two w0rds 123")

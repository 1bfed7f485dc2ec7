"""Adding up what a letter shows."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from agent.judging import JudgeContext
from agent.judging.evidence import Evidence
from agent.judging.languages import languages_of
from agent.judging.lexicon import Lexicon, Words
from agent.judging.signs import signs_of
from agent.judging.weighing import KINDS, shares, supporting, weights
from crm_model.links import Verdict, VerdictKind
from crm_model.mail import Address, Direction, Message
from crm_model.organisation import Organisation

SIGNS = st.dictionaries(st.sampled_from(sorted(weights())), st.floats(0, 2), max_size=30)


@given(SIGNS)
def test_the_shares_of_all_verdicts_are_one(signs: dict[str, float]) -> None:
    given = shares(signs, weights())
    assert set(given) == set(KINDS)
    assert math.isclose(sum(given.values()), 1.0)


def test_what_supports_a_verdict_is_named_strongest_first() -> None:
    table = {"asks": [2.0] + [0.0] * (len(KINDS) - 1), "greets": [0.5] + [0.0] * (len(KINDS) - 1), "sells": [-1.0, 2.0]}
    table["sells"] += [0.0] * (len(KINDS) - 2)
    signs = {"greets": 1.0, "asks": 1.0, "sells": 1.0}
    assert supporting(signs, VerdictKind.ENQUIRY, table) == ["asks", "greets"]
    assert supporting(signs, VerdictKind.PITCH, table) == ["sells"]


def test_small_words_tell_the_language() -> None:
    assert languages_of(Words("Wir suchen eine neue Seite für unsere Firma und bitten um Antwort").words) == {"de"}
    assert "no" in languages_of(Words("Hei, vi ser etter noen som kan ta over siden vår").words)
    assert languages_of(Words("Ok").words) == frozenset()


def test_a_class_stands_for_its_words_of_the_same_language() -> None:
    lexicon = Lexicon([("lack", "en", "<your> <site>"), ("lack", "sv", "<your> <site>")])
    assert [hit.language for hit in lexicon.find(Words("I saw your website today").words)] == ["en"]
    assert [hit.language for hit in lexicon.find(Words("Jag såg er hemsida").words)] == ["sv"]
    assert lexicon.find(Words("our website").words) == []


def no_judge(message: Message, organisation: Organisation) -> Verdict:
    raise AssertionError("nothing is inside")


def signs_in(text: str) -> dict[str, float]:
    message = Message("1", "1@x.test", text=text, from_=Address("a@x.test"), to=(Address("sales@us.test"),))
    context = JudgeContext(Direction.INCOMING, reply_to_ours=False, known_person=False)
    return signs_of(Evidence(message, Organisation(domains=frozenset({"us.test"})), context, no_judge))


def test_names_under_a_letter_say_nothing_about_it() -> None:
    text = "Hello, we would like a new website. What would it cost?\n\nAnn Lee\nHead of Recruitment\nJob Interview Ltd"
    assert "job" not in signs_in(text)
    assert {"need", "ask_price", "service_asked"} <= signs_in(text).keys()

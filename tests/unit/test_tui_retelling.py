"""Sentences from below: known by their form, said in every language, listed as the code says them."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tui.retelling import forms_of, retold
from tui.words import LANGUAGES, speak

ROOT = Path(__file__).parents[2]
HEARD = ROOT / "tui" / "catalogues" / "heard" / "heard.pot"
OTHERS = sorted(set(LANGUAGES) - {"en"})

SPEAKERS = ("sync", "agent", "crm_adapters", "crm_model", "hitchpost")
"""Where sentences come from."""

WHOLE = ("sync/edits", "sync/triage", "agent/judging/rules", "agent/linking/rules", "agent/tracking/judging/rules")
"""Rooms all of whose sentences reach a screen."""

NO_SENTENCES = {
    "A {} has no state that could be changed.",  # listed for each kind of record, of activity, of author
    "made the {} {}",
    "{} with this e-mail address",
    "{} with this telephone number",
    "{} with this telephone number and name",
    "{} “{}” on {}",
    "{} by {}",
    "{} has been changed since{}; taking the conversion back would delete that.",
    "{} of {} has been changed since{}{} and is now {}; undoing would overwrite that.",
    "Auto-Submitted: auto-replied",  # looked for in mail
    "mailing list\\b|/listinfo/|/mailman",
    "the {}",  # a record without a name
    "Get in touch",  # the subject of a task in the CRM
    "mail of {} {}",
    "outgoing {}",
    " on {} UTC",
    " by {}",
    " to {}",
    " ({})",
    "a deleted record",  # parts of sentences that are there as a whole
    "filed by the rule",
    "made of this conversation",
    "from the person of the lead; made",
    "written from the record",
    "put off",
    "brought back",
    "opened again",
    "no subject",
    "became leads",
    "was refused",
}


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    speak("en")


@cache
def listed() -> tuple[str, ...]:
    with HEARD.open("rb") as source:
        return tuple(str(message.id) for message in read_po(source) if message.id)


def strings_of(tree: ast.AST) -> Iterator[str]:
    """Every text of a module, places as {}; a choice within one makes two."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) not in docs | parts:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield from map("".join, product(*(list(_choices(part)) for part in node.values)))


def _choices(part: ast.expr) -> Iterator[str]:
    if isinstance(part, ast.Constant):
        yield str(part.value)
    elif isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.IfExp):
        for choice in (part.value.body, part.value.orelse):
            yield from (
                map("".join, product(*(list(_choices(each)) for each in choice.values)))
                if isinstance(choice, ast.JoinedStr)
                else [choice.value if isinstance(choice, ast.Constant) and isinstance(choice.value, str) else "{}"]
            )
    else:
        yield "{}"


@cache
def said_in(room: str) -> frozenset[str]:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / room).rglob("*.py"))
    return frozenset(text for tree in trees for text in strings_of(tree))


def filled(text: str, value: str = "7") -> str:
    """A sentence with something in its places."""
    given = {"day": "2026-11-20", "time": "09:30", "odds": "7%"}
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return text.format(**{name: given.get(name, value) for name in names})


def test_every_listed_sentence_is_said_somewhere_below() -> None:
    said = {text for room in SPEAKERS for text in said_in(room)}
    names = {text.replace("_", " ").casefold() for text in said}
    shapes = [
        re.compile(re.escape(text).replace(r"\{\}", ".*"), re.DOTALL | re.IGNORECASE)
        for text in said
        if "{}" in text and len(re.findall("[a-z]", text)) > 1
    ]
    stale = [
        text
        for text in listed()
        if not (
            filled(text).replace("_", " ").casefold() in names
            or text.partition(": {")[0].casefold() in names
            or text.removeprefix("{count} ") in names
            or any(shape.fullmatch(filled(text)) for shape in shapes)
        )
    ]
    assert stale == []


def test_every_sentence_of_the_rooms_that_speak_to_a_person_is_listed() -> None:
    forms = forms_of((text, text) for text in listed())
    missing = {
        text
        for room in WHOLE
        for text in said_in(room) - NO_SENTENCES
        if re.search(r"[a-z“]{2,}[,;:]? [a-z{“]", text) and not _is_known(text, forms)
    }
    assert missing == set()


def _is_known(text: str, forms: list[object]) -> bool:
    samples = [text.replace("{}", each) for each in ("7", "7%", "2026-11-20")]
    return any(form.match(sample) is not None for form in forms for sample in samples)  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", OTHERS)
def test_each_is_said_in_every_language(language: str) -> None:
    speak(language)
    alike = {"spam", "newsletter", "mailing list", "Leads"}
    english = [text for text in listed() if retold(filled(text)) == filled(text) and text not in alike]
    assert english == []


def test_places_hold_what_people_wrote_and_sentences_within_are_said_too() -> None:
    speak("no")
    assert retold("linked to today") == "koblet til today"
    assert retold("{odd} {0} wrote 5 days ago and has no answer") == (
        "{odd} {0} skrev for 5 dager siden og har ikke fått svar"
    )
    assert retold("made the rule: mail from a@b.example never makes a lead") == (
        "laget regelen: e-post fra a@b.example blir aldri et lead"
    )
    assert retold("put off Web shop until 2026-11-20") == "utsatte Web shop til fre 20 nov"
    assert retold("put off Web shop until 2026-99-20") == "utsatte Web shop til 2026-99-20"


def test_sentences_in_a_row_are_said_one_by_one() -> None:
    speak("sv")
    assert retold("Amount: This is needed. Name: The CRM's own words.") == (
        "Amount: Detta måste fyllas i. Name: The CRM's own words."
    )
    assert retold("linked to Fjord; the files that the CRM has of it stay on the record") == (
        "kopplad till Fjord; filerna som CRM:et har blir kvar på posten"
    )
    assert retold("names words of it, names its day") == "nämner ord ur den, nämner dagen"


def test_what_is_not_ours_stays_as_it_came() -> None:
    speak("ru")
    for text in ("", "The phone number is too short.", "hello; there, friend: you", "x" * 5000, "linked to " * 500):
        assert retold(text) == text

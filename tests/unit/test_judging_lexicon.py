"""Words and phrases as judging finds them: quickly, and as the plain way would."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.judging import lexicon
from agent.judging.lexicon import Lexicon, Words, fold, words_in

_LETTERS = "aåáÅüïßøłИйёœ’ǆſκΣςϲϹıİ𝛓ﬁ½² _-1\n"
_PHRASES = (
    "ask",
    "ask for",
    "ask*",
    "ask *",
    "ask for * price",
    "ask ... price",
    "ask ... for* price",
    "the",
    "the price",
    "the pri*",
    "*",
    "for",
    "for the price",
    "pri* for",
)


def _plain_fold(text: str) -> str:
    """Letter by letter, as `fold` is told to."""
    return "".join(_fold_letter(char) for char in text)


def _fold_letter(char: str) -> str:
    plain = unicodedata.normalize("NFKD", char.casefold()).lower()
    return "".join(lexicon._LETTERS.get(each, each) for each in plain if not unicodedata.combining(each))


@given(st.text(alphabet=st.one_of(st.sampled_from(_LETTERS), st.characters(codec="utf-8"))))
def test_a_text_is_folded_letter_by_letter(text: str) -> None:
    assert fold(text) == _plain_fold(text)


def test_a_text_of_many_scripts_is_folded_alike() -> None:
    text = "".join(map(chr, range(0x20, 0x2100)))
    assert fold(text) == _plain_fold(text)


@given(st.text(alphabet=st.one_of(st.sampled_from(_LETTERS), st.characters(codec="utf-8"))))
def test_words_are_those_of_the_regular_expression(text: str) -> None:
    assert list(words_in(text)) == Words(text).words == re.findall(r"\w+", fold(text))


def test_ascii_is_cut_at_every_character_that_is_no_part_of_a_word() -> None:
    text = "x".join(map(chr, range(128)))
    assert list(words_in(text)) == re.findall(r"\w+", fold(text))


def _matches(pattern: Sequence[str], words: Sequence[str]) -> int | None:
    """How many words a phrase takes at the beginning of some, None if it does not stand there."""
    if not pattern:
        return 0
    if pattern[0] == "...":
        for skipped in range(5):
            rest = _matches(pattern[1:], words[skipped:])
            if rest is not None:
                return skipped + rest
        return None
    if not words:
        return None
    same = words[0].startswith(pattern[0][:-1]) if pattern[0].endswith("*") else words[0] == pattern[0]
    rest = _matches(pattern[1:], words[1:]) if same else None
    return None if rest is None else 1 + rest


@given(st.lists(st.sampled_from(("ask", "asks", "for", "forth", "the", "price", "prices", "x" * 50)), max_size=12))
def test_phrases_are_found_where_they_stand(words: list[str]) -> None:
    found = [(hit.phrase, hit.first, hit.last) for hit in _LEXICON.find(words)]
    plain = [
        (phrase, first, first + length - 1)
        for first in range(len(words))
        for phrase in _PHRASES
        if (length := _matches(phrase.split(), words[first:])) is not None
    ]
    assert found == plain


_LEXICON = Lexicon(("theme", "en", phrase) for phrase in _PHRASES)


def test_what_is_remembered_of_words_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "_MEMO_LIMIT", 5)
    small = Lexicon([("theme", "en", "ask for")])
    for number in range(40):
        words = [f"word{number}", "ask", "for", f"{number}" * 60]
        assert [hit.phrase for hit in small.find(words)] == ["ask for"]
        assert len(small._memo) <= 5

"""Every language of the plain pages says everything, and the reader's header chooses well."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.web.words import LANGUAGES, choose_language, words


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_text_and_its_places(language: str) -> None:
    english, texts = words("en"), words(language)
    assert texts.keys() == english.keys()
    for name, text in texts.items():
        assert text.strip(), name
        assert places(text) == places(english[name]), name
        if language != "en" and len(text) > 12:
            assert text != english[name], name


def places(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize(
    ("accepted", "wanted", "language"),
    [
        ("", "", "en"),
        ("nb-NO,nb;q=0.9,en;q=0.8", "", "no"),
        ("nn", "", "no"),
        ("de, sv;q=0.5", "", "sv"),
        ("de", "", "en"),
        ("en;q=0.5, it;q=0.7", "", "it"),
        ("sv;q=0", "", "en"),
        ("sv;q=nan, ru;q=0.1", "", "ru"),
        ("sv;q=5", "", "en"),
        ("it", "ru", "ru"),
        ("it", "../../etc", "it"),
    ],
)
def test_the_best_of_the_header_unless_one_is_named(accepted: str, wanted: str, language: str) -> None:
    assert choose_language(accepted, wanted) == language


@given(st.text(), st.text())
def test_any_header_gives_one_of_ours(accepted: str, wanted: str) -> None:
    assert choose_language(accepted, wanted) in LANGUAGES

"""The screen's words: every catalogue is whole, and dates and amounts are written as each language writes them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from tui.amounts import shown_amount
from tui.times import Clock
from tui.words import LANGUAGES, language_for, say, say_many, speak, spoken

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
CLOCK = Clock(lambda: NOW, UTC)
OTHERS = sorted(set(LANGUAGES) - {"en"})


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    speak("en")


@pytest.fixture(scope="module")
def catalogues() -> ModuleType:
    path = Path(__file__).parents[2] / "docs" / "catalogues.py"
    spec = importlib.util.spec_from_file_location("catalogues", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["catalogues"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_and_fills_the_same_places(catalogues: ModuleType, language: str) -> None:
    """`python docs/catalogues.py` puts what is missing into the catalogues."""
    assert catalogues.problems(language) == []


def test_what_a_catalogue_lacks_stays_english() -> None:
    speak("ru")
    assert say("nobody says this, {name}", name="Ida") == "nobody says this, Ida"
    assert say_many("{count} odd one", "{count} odd ones", 2) == "2 odd ones"


@pytest.mark.parametrize(
    ("wish", "environment", "language"),
    [
        ("it", {"LANG": "nb_NO.UTF-8"}, "it"),
        ("", {"LANG": "nb_NO.UTF-8"}, "no"),
        ("", {"LC_ALL": "sv_SE.UTF-8", "LANG": "ru_RU.UTF-8"}, "sv"),
        ("", {"LANG": "C.UTF-8"}, "en"),
        ("", {"LANG": "pt_BR"}, "en"),
        ("", {}, "en"),
    ],
)
def test_the_language_is_the_wished_one_else_the_terminal_s(
    wish: str, environment: dict[str, str], language: str
) -> None:
    assert language_for(wish, environment) == language


@pytest.mark.parametrize(
    ("language", "short", "long_ago", "full", "amount"),
    [
        ("en", "3 Nov", "Nov 2024", "Tue 3 Nov 14:02", "1 250 000.50"),
        ("no", "3 nov", "nov 2024", "tir 3 nov 14:02", "1 250 000,50"),
        ("sv", "3 nov", "nov 2024", "tis 3 nov 14:02", "1 250 000,50"),
        ("it", "3 nov", "nov 2024", "mar 3 nov 14:02", "1.250.000,50"),
        ("ru", "3 нояб", "11.2024", "вт 3 нояб 14:02", "1 250 000,50"),
    ],
)
def test_dates_and_amounts(language: str, short: str, long_ago: str, full: str, amount: str) -> None:
    speak(language)
    assert spoken() == language
    at = datetime(2026, 11, 3, 14, 2, tzinfo=UTC)
    assert CLOCK.short(at) == short
    assert CLOCK.short(at.replace(year=2024)) == long_ago
    assert CLOCK.full(at) == full
    assert shown_amount("1250000.50").replace("\N{NO-BREAK SPACE}", " ") == amount
    assert "," not in shown_amount("1250000.00").replace("1,250", "")
    assert shown_amount("about ten") == "about ten"

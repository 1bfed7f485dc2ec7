"""The screen's own words in the person's language: English sentences in the code, the others in catalogues beside it.

`say("{count} marked", count=3)` is looked up by its English sentence and filled afterwards; what a catalogue lacks
stays English. Sentences that stand in tables are named there with `mark` and said where they are shown. What mail and
CRMs say is nobody's to translate.
"""

from __future__ import annotations

import gettext
import io
import os
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = {"en": "English", "no": "Norsk", "sv": "Svenska", "it": "Italiano", "ru": "Русский"}
"""What the screen speaks, by the code that the configuration names, each in its own word."""

_ALSO = {"nb": "no", "nn": "no"}
_LOCALES = {"no": "nb"}  # CLDR knows Norwegian by its two written forms
_CATALOGUES = Path(__file__).with_name("catalogues")


class _Speaker:
    """Who speaks in this process; one person looks at one screen."""

    def __init__(self) -> None:
        self.language = "en"
        self.texts: gettext.NullTranslations = gettext.NullTranslations()


_speaker = _Speaker()


def speak(language: str) -> None:
    """From now on the screen's words are in this language, one of `LANGUAGES`."""
    _speaker.texts = gettext.NullTranslations() if language == "en" else catalogue(language)
    _speaker.language = language


def spoken() -> str:
    """The language that is spoken now."""
    return _speaker.language


def locale() -> str:
    """The same as CLDR names it, for dates and numbers."""
    return catalogue_locale(_speaker.language)


def catalogue_locale(language: str) -> str:
    """A language of `LANGUAGES` as CLDR names it."""
    return _LOCALES.get(language, language)


def language_for(wish: str, environment: Mapping[str, str] = os.environ) -> str:
    """The language to speak: what the configuration wishes, else the terminal's, else English."""
    for text in (wish, *(environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))):
        if text:
            code = text.partition(".")[0].partition("_")[0].lower()
            code = _ALSO.get(code, code)
            return code if code in LANGUAGES else "en"
    return "en"


def say(text: str, /, **values: object) -> str:
    """A sentence in the language that is spoken, its {places} filled."""
    found = _speaker.texts.gettext(text)
    return found.format(**values) if values else found


def say_many(one: str, many: str, count: int, /, **values: object) -> str:
    """The form of a sentence that goes with `count`, which fills {count}."""
    return _speaker.texts.ngettext(one, many, count).format(count=count, **values)


def mark(text: str) -> str:
    """A sentence of a table, to be said where it is shown; the catalogues are held against these too."""
    return text


def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language, compiled in memory."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (_CATALOGUES / f"{language}.po").open("rb") as source:
        read = read_po(source, locale=catalogue_locale(language))
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)

"""People's names out of display names and signatures: given name and family name as the person writes them."""

from __future__ import annotations

import re
from functools import cache

from agent.judging.lexicon import Words, fold, load, words_of

_TITLES = frozenset(map(fold, words_of("vocabulary", "courtesy_titles")))
_PARTICLES = frozenset(words_of("vocabulary", "particles"))
_PATRONYMIC = re.compile(r"(?:ович|евич|ич|овна|евна|ична|инична)$", re.I)
_PAREN = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_LONGEST = 300  # of a display name, what is looked at
_AFTER = re.compile(r"\s+(?:\||via|@|–|—|-)\s+.*$", re.I)
_NAME_WORD = re.compile(r"^[^\W\d_](?:[^\W\d_]|[-'’.])*$")
_LATIN = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфхцыэ", "abvgdeziiklmnoprstufhcye", strict=True))
    | {"ж": "zh", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya", "ь": "", "ъ": "", "ё": "e"}
)


def latin(text: str) -> str:
    """Folded text with Cyrillic spelt in Latin letters, as addresses do."""
    return fold(text).translate(_LATIN)


@cache
def _given() -> frozenset[str]:
    return frozenset(map(fold, words_of("given_names", "given")))


def is_given(word: str) -> bool:
    """Whether a word is a given name that we know."""
    return fold(word) in _given()


def clean(display: str) -> str:
    """A display name without titles, brackets, companies behind a bar, quotes."""
    text = _AFTER.sub("", _PAREN.sub(" ", display[:_LONGEST].strip().strip("'\"“”«»").strip()))
    last, comma, first = text.partition(",")
    if (
        comma
        and first.strip()
        and len(last.split()) <= 3
        and all(_NAME_WORD.match(word) for word in (last + " " + first).split())
    ):
        text = (
            f"{first.strip()} {last.strip()}"
            if fold(first.strip(" .")) not in _TITLES and not first.strip().isupper()
            else last
        )
    words = [word for word in text.replace("’", "'").split() if fold(word.strip(".,")).replace(".", "") not in _TITLES]
    return " ".join(words).strip(" ,.-")


def looks_like_person(text: str) -> bool:
    """Whether a cleaned text can be a person's name: one to five words of letters, none of a shared mailbox."""
    words = text.split()
    if not 1 <= len(words) <= 5 or not all(_NAME_WORD.match(word) for word in words):
        return False
    if any(hit.theme in ("role", "title", "signoff") for hit in load("closing").find(Words(text).words)):
        return False
    return len(text) > 1


def split(name: str, email: str = "") -> tuple[str, str]:
    """Given and family name. Knows patronymics, surname-first Russian, double given names, particles, initials."""
    words = clean(name).split()
    if len(words) <= 1:
        return (words[0] if words else ""), ""
    with_father = _by_patronymic(words)
    if with_father is not None:
        return with_father
    if len(words) == 2:
        return _two(words, email)
    if _is_cyrillic(words[0]) and not is_given(words[0]) and is_given(words[1]):
        return words[1], words[0]
    cut = _cut(words)
    return " ".join(words[:cut]), " ".join(words[cut:])


def _two(words: list[str], email: str) -> tuple[str, str]:
    first, last = words
    if _initial(first) or _initial(last):
        return "", (last if _initial(first) else first)
    if is_given(first) and is_given(last) and not _family_in(last, email):
        return f"{first} {last}", ""
    if _is_cyrillic(first) and not is_given(first) and is_given(last):
        return last, first
    return first, last


def _by_patronymic(words: list[str]) -> tuple[str, str] | None:
    """Russian names of three words: "Surname Name Patronymic" or "Name Patronymic Surname"."""
    places = [at for at, word in enumerate(words) if at and len(word) > 5 and _PATRONYMIC.search(word)]
    if len(words) < 3 or not places:
        return None
    at = places[-1]
    given = words[at - 1]
    rest = [word for place, word in enumerate(words) if place not in (at, at - 1)]
    return given, " ".join(rest)


def _cut(words: list[str]) -> int:
    """How many words at the front are given names."""
    for at, word in enumerate(words[1:], 1):
        if fold(word) in _PARTICLES:
            return at
    cut = 1
    if len(words) >= 3 and (is_given(words[1]) or _initial(words[1])):
        cut = 2
    return cut


def _initial(word: str) -> bool:
    return bool(re.fullmatch(r"(?:[^\W\d_]\.?){1,2}", word)) and (len(word.rstrip(".")) == 1 or word.count(".") == 2)


def _family_in(word: str, email: str) -> bool:
    """Whether an address ends in this word as a family name ("jan.roger@" says nothing of it)."""
    local = re.sub(r"[^a-z]", " ", latin(email.partition("@")[0])).split()
    return len(local) == 2 and local[1] == latin(word) and not is_given(word)


def _is_cyrillic(word: str) -> bool:
    return "\u0400" <= word[:1] <= "\u04ff"


def fits(name: str, email: str) -> bool:
    """Whether an address was made of this name: a name of it, or its initials with one, stands in the local part."""
    local = re.sub(r"[^a-z]", "", latin(email.partition("@")[0]))
    words = [re.sub(r"[^a-z]", "", latin(word)) for word in name.split()]
    words = [word for word in words if word]
    if not local or not words:
        return False
    if any(len(word) >= 3 and (word in local or (len(local) >= 4 and word.startswith(local))) for word in words):
        return True
    return len(words) > 1 and "".join(word[0] for word in words) == local

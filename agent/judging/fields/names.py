"""People's names out of display names and signatures: given name and family name as the person writes them."""

from __future__ import annotations

import re
from functools import cache

from agent.judging.lexicon import Words, fold, load, read_table

_TITLES = frozenset(
    "dr prof professor ing dott dottssa ssa dottor avv geom arch rag sig sigra signor signora siv sivilingeniør cand adv"
    " tekn mr mrs ms miss mx sir dame herr frau hr fru fr г-н г-жа rev phd msc bsc mba mrics sra don doña sr mme mlle m dipl".split()
)
_PARTICLES = frozenset("af av van von der den de di del della degli dei da du la le zu zur ten ter el al bin ibn dos das do".split())
_PATRONYMIC = re.compile(r"(?:ович|евич|ич|овна|евна|ична|инична)$", re.I)
_PAREN = re.compile(r"\([^)]*\)|\[[^\]]*\]")
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
    return frozenset(fold(name) for names in read_table("given_names")["given"].values() for name in names)


def is_given(word: str) -> bool:
    """Whether a word is a given name that we know."""
    return fold(word) in _given()


def clean(display: str) -> str:
    """A display name without titles, brackets, companies behind a bar, quotes."""
    text = _AFTER.sub("", _PAREN.sub(" ", display.strip().strip("'\"“”«»").strip()))
    last, comma, first = text.partition(",")
    if comma and first.strip() and len(last.split()) <= 3 and all(_NAME_WORD.match(word) for word in (last + " " + first).split()):
        text = f"{first.strip()} {last.strip()}" if fold(first.strip(" .")) not in _TITLES and not first.strip().isupper() else last
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
    """Given and family name. Knows patronymics, surname-first Russian, double given names, particles."""
    words = clean(name).split()
    if not words:
        return "", ""
    patronymic = [word for word in words if _PATRONYMIC.search(word) and len(words) >= 3 and len(word) > 5]
    if patronymic and words[0] != patronymic[0]:
        at = words.index(patronymic[-1])
        rest = [word for word in words if word != patronymic[-1]]
        return (rest[0], " ".join(rest[1:])) if at == 1 else (words[at - 1], " ".join(words[: at - 1]))
    if len(words) == 1:
        return words[0], ""
    if _initial(words[0]) and len(words) == 2:
        return "", words[1]
    if _initial(words[-1]) and len(words) == 2:
        return "", words[0]
    if all(is_given(word) for word in words) and len(words) == 2 and not _family_in(words[1], email):
        return " ".join(words), ""
    if _is_cyrillic(words[0]) and not is_given(words[0]) and is_given(words[1]):
        return words[1], words[0]
    cut = _cut(words, email)
    return " ".join(words[:cut]), " ".join(words[cut:])


def _cut(words: list[str], email: str) -> int:
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

"""In which country a national telephone number is to be read."""

from __future__ import annotations

import re

from agent.judging.lexicon import load, words_in

_BY_LANGUAGE = {
    "no": "NO",
    "sv": "SE",
    "da": "DK",
    "de": "DE",
    "it": "IT",
    "ru": "RU",
    "es": "ES",
    "fr": "FR",
    "en": "GB",
}
_BY_SUFFIX = {"uk": "GB"}
_CYRILLIC = re.compile(r"[\u0400-\u04ff]{3}")
# How a country's numbers are cut, where no other's are cut so.
_SHAPES = (
    ("US", re.compile(r"(?<![\d(+])\(\d{3}\)\s?\d{3}-\d{4}(?!\d)|(?<![\d+-])[2-9]\d{2}[-.][2-9]\d{2}[-.]\d{4}(?!\d)")),
    ("GB", re.compile(r"(?<![\d+])(?:\(?0\d{4}\)? \d{3} ?\d{3}|07\d{3} ?\d{3} ?\d{3}|\(?020\)? \d{4} \d{4})(?!\d)")),
    ("AU", re.compile(r"\((?:AU|Au|AUS|Aus)\)|\bAU\b|(?<![\d+])04\d{2} \d{3} \d{3}(?!\d)")),
    ("RU", re.compile(r"(?<![\d+])8[ (-]{1,2}\d{3}[) -]{1,2}\d{3}[ -]\d{2}[ -]\d{2}(?!\d)")),
)
_GENERIC = frozenset(
    ("com", "net", "org", "info", "biz", "eu", "io", "co", "ai", "app", "dev", "example", "shop", "tv", "me")
)


def regions_of(domain: str, text: str, default: str) -> tuple[str, ...]:
    """Regions (ISO 3166) in the order to try: said in the text, the domain's, the language's, the configured one."""
    hits = load("regions").find(words_in(text[:4000]))
    said = [hit.theme.partition("_")[2].upper() for hit in hits if hit.theme.startswith("region_")]
    suffix = domain.rpartition(".")[2]
    by_domain = [] if suffix in _GENERIC or len(suffix) != 2 else [_BY_SUFFIX.get(suffix, suffix.upper())]
    language = language_of([hit.theme for hit in hits])
    by_language = [_BY_LANGUAGE[language]] if language else ["RU"] if _CYRILLIC.search(text[:4000]) else []
    by_shape = [region for region, shape in _SHAPES if shape.search(text[:4000])]
    return tuple(dict.fromkeys([*said, *by_domain, *by_shape, *by_language, default or "NO"]))


def language_of(themes: list[str]) -> str:
    """The language whose small words are the most, "" for a draw or none."""
    counts = {code: themes.count(f"lang_{code}") for code in _BY_LANGUAGE}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] > 0 else ""

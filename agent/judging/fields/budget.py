"""What the writer can spend: a sum beside words that say so, not turnover and not somebody else's price."""

from __future__ import annotations

import re

from agent.judging.evidence import Evidence
from agent.judging.lexicon import Words, load

_CURRENCY = (
    r"(?:kroner|kronor|kr\.?|nok|sek|dkk|euros?|eur"
    r"|usd|dollars?|pounds?|franken|gbp|chf|руб\w*\.?|р\.|€|\$|£|₽)"
)
_MANY = (
    r"(?:k\b|grand\b|teur|tkr|tnok|mkr|msek|mnok|tusen|thousand|mila|mln|mill\.?|millioner|miljoner|million\w*|mio\.?"
    r"|тыс\w*\.?|млн\.?|т\.?\s?р\.?)"
)
_NUMBER = r"\d{1,3}(?:[ .,'\u00a0]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_SUM = re.compile(
    rf"(?:{_CURRENCY}\s?)?(?:{_NUMBER})(?:\s?{_MANY})?(?:\s?[-–—]\s?{_CURRENCY}?\s?(?:{_NUMBER}))?(?:\s?{_MANY})?(?:\s?(?:000))?(?:\s?{_CURRENCY})?",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z])|\n{2,}|\n(?=[-*•])")
_MONEY = re.compile(rf"{_CURRENCY}|{_MANY}", re.I)


def find_budget(mail: Evidence) -> tuple[str, str]:
    """The sum as written, from the sentence that has most budget words and none against it."""
    text = re.sub(r"[ \t]*\n(?=\S)", " ", mail.parts.new[:6000])
    best, points = "", 0
    for sentence in _SENTENCE.split(text):
        found, weight = _in_sentence(sentence[:600])
        if found and weight > points:
            best, points = found, weight
    return (best, "text") if best else ("", "")


def is_money(value: str) -> bool:
    """Whether a short text is a sum with its currency or its thousands."""
    found = [match.group() for match in _SUM.finditer(value) if _is_sum(match.group())]
    return bool(found) and _MONEY.search(value) is not None


def _in_sentence(sentence: str) -> tuple[str, int]:
    words = Words(sentence)
    hits = load("budget").find(words.words)
    cues = [hit for hit in hits if hit.theme == "budget"]
    against = [hit for hit in hits if hit.theme == "not_budget"]
    cues = [cue for cue in cues if not any(hit.first <= cue.first and cue.last <= hit.last for hit in against)]
    found = [match for match in _SUM.finditer(sentence) if _is_sum(match.group())]
    if not found or not cues:
        return "", 0
    cue_at = words.spans[cues[0].first][0]
    match = min(found, key=lambda match: (abs(match.start() - cue_at), match.start()))
    if against:
        against_at = words.spans[against[0].first][0]
        if abs(match.start() - against_at) < abs(match.start() - cue_at):
            return "", 0
    return match.group().strip(" .,"), len(cues) + (_MONEY.search(match.group()) is not None)


def _is_sum(text: str) -> bool:
    """Whether a number can be money: a currency, a thousand or more, and not a year."""
    digits = re.sub(r"\D", "", text)
    if _MONEY.search(text):
        return len(digits) >= 1
    return len(digits) >= 4 and not re.fullmatch(r"(?:19|20)\d\d", text.strip())

"""What a server's refusal means for the next mail: by its words, else by its codes (RFC 3463, RFC 5321)."""

from __future__ import annotations

import re

from agent.bounces.tables import read_table
from crm_model.bounces import BounceClass

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-]|$)(?! *bytes)")
_SPACE = re.compile(r"\s+")
_WORDS_LIMIT = 4_000
_MEANING = {
    "block": BounceClass.BLOCK,
    "full": BounceClass.SOFT,
    "unknown": BounceClass.HARD,
    "host": BounceClass.HARD,
    "disabled": BounceClass.HARD,
    "later": BounceClass.SOFT,
}
_VAGUE = frozenset(("5.1.0", "5.3.0", "5.2.0", "5.5.0"))  # servers that answer for others say no more than that
_FULL_CODES = frozenset(("5.2.2", "5.3.4", "5.2.3", "5.3.1"))
_HARD_CODES = frozenset(
    ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.1", "5.4.4", "5.1.4", "5.1.5", "5.1.9")
)


def find_status(text: str) -> str:
    """The most telling enhanced status code in a text: the first that is more than "failed"."""
    found = _STATUS.findall(text)
    exact = (each for each in found if not each.endswith(".0.0"))
    return next((each for each in exact if each not in _VAGUE), next(iter(found), ""))


def find_reply(text: str) -> str:
    """The first SMTP reply code that refuses."""
    found = _REPLY.search(text)
    return found[1] if found else ""


def classify(status: str, words: str) -> BounceClass:
    """The class of a refusal. A code that says exactly what is wrong goes first, then words, then the kind of code."""
    code = status
    if not status or status in _VAGUE or status.endswith(".0.0"):
        code = find_status(words) or status
        words = words[max(0, words.find(code)) :] if code.startswith("5.7.") else words
    found = _by_words(fold(words))
    return _by_exact_code(code, found) or (_MEANING[found] if found else _by_codes(code, find_reply(words)))


def _by_exact_code(code: str, found: str) -> BounceClass | None:
    """What a code says together with the words found; None where it leaves that to the words."""
    if code.startswith("5.7."):
        return BounceClass.HARD if found == "unknown" else BounceClass.BLOCK
    if code.startswith("5.6."):  # the mail itself is not to their liking
        return BounceClass.BLOCK
    if code in _FULL_CODES:
        return BounceClass.SOFT
    if code.startswith("4.") and found not in ("unknown", "host"):
        return BounceClass.BLOCK if found == "block" else BounceClass.SOFT
    if code in _HARD_CODES and (found in ("", "host", "unknown", "disabled") or code.startswith("5.1.")):
        return BounceClass.BLOCK if found == "block" else BounceClass.HARD
    return None


def _by_codes(code: str, reply: str) -> BounceClass:
    if code in _HARD_CODES:
        return BounceClass.HARD
    if code.startswith("4.") or (not code and reply.startswith("4")):
        return BounceClass.SOFT
    if reply in ("550", "551", "553"):
        return BounceClass.HARD
    if reply == "554":
        return BounceClass.BLOCK
    return BounceClass.SOFT


def _by_words(folded: str) -> str:
    """The table whose phrase stands first, the longest there: servers say the reason before they explain."""
    best, place, length = "", len(folded), 0
    for name in _MEANING:
        for phrase in read_table("words")[name]["phrases"]:
            at = folded.find(phrase, 0, place + len(phrase))
            if at >= 0 and (at < place or len(phrase) > length):
                best, place, length = name, at, len(phrase)
    return best


def is_warning(text: str) -> bool:
    """Whether a notice only tells of a delay."""
    folded = fold(text)
    return any(phrase in folded for phrase in read_table("warnings")["phrases"])


def fold(text: str) -> str:
    """Lower case, one space between words."""
    return _SPACE.sub(" ", text[:_WORDS_LIMIT].lower())

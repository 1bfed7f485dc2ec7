"""The law of filing rules: which mail one means, which of several wins, and which one a correction teaches."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from crm_model.errors import Rejected
from crm_model.links import FilingRule

MOST_WORDS = 5
_WORD = re.compile(r"[^\W_]{2,40}")
_SENDER = re.compile(r"(?:[^\s@]{1,64})?@[^\s@.]+(?:\.[^\s@.]+)+")
_TELLING = 4  # shorter words say little about what mail is about


def folded_words(text: str) -> tuple[str, ...]:
    """The words of a text as rules compare them: lower case, without accents and compatibility forms."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return tuple(_WORD.findall("".join(char for char in plain if not unicodedata.combining(char))))


def rule_of(sender: str, about: str, record_id: int | None) -> FilingRule:
    """A rule out of what a person typed. Errors: Rejected with `field_errors` for sender or about."""
    sender = sender.strip().lower()
    if not _SENDER.fullmatch(sender):
        problem = "must be an address, or @ and a domain, as @acme.example"
        raise Rejected(f"The sender {problem}.", field_errors={"sender": problem})
    words = tuple(dict.fromkeys(folded_words(about)))
    if len(words) > MOST_WORDS:
        problem = f"at most {MOST_WORDS} words"
        raise Rejected(f"What the mail is about takes {problem}.", field_errors={"about": problem})
    return FilingRule(sender, words, record_id)


def in_words(rule: FilingRule, target: str) -> str:
    """The rule as a sentence; `target` names the record, "" for a rule against leads."""
    about = f" about “{' '.join(rule.words)}”" if rule.words else ""
    return f"mail from {rule.sender}{about} {f'goes to {target}' if target else 'never makes a lead'}"


def names_sender(rule: FilingRule, email: str) -> bool:
    """Whether the rule means this address (lower case)."""
    if not rule.sender.startswith("@"):
        return email == rule.sender
    domain = "@" + email.rpartition("@")[2]
    return domain == rule.sender or domain.endswith("." + rule.sender[1:])


def matches(rule: FilingRule, emails: Iterable[str], words: Collection[str]) -> bool:
    """Whether the rule means mail with one of these people outside and these folded words."""
    return any(names_sender(rule, email) for email in emails) and speaks_of(rule, words)


def speaks_of(rule: FilingRule, words: Collection[str]) -> bool:
    """Whether each of the rule's words begins one of these."""
    return all(any(word.startswith(wanted) for word in words) for wanted in rule.words)


def winner(rules: Sequence[FilingRule], emails: Collection[str], words: Collection[str]) -> FilingRule | None:
    """Of the rules that mean a mail: the one with most words, then an address before a domain, then the newest."""
    meant = [rule for rule in rules if matches(rule, emails, words)]
    return max(meant, key=lambda rule: (len(rule.words), not rule.sender.startswith("@"), rule.id), default=None)


def proposed(email: str, subject: str, record_id: int | None, title: str, *, shared: bool) -> FilingRule:
    """The rule that a correction teaches: the sender's domain, or address where a domain is `shared` by strangers.

    It is about the words that the subject has in common with the record's title; without any, about the sender.
    """
    title_words = folded_words(title)
    common = [
        word
        for word in folded_words(subject)
        if len(word) >= _TELLING and any(other.startswith(word) or word.startswith(other) for other in title_words)
    ]
    sender = email if shared else "@" + email.rpartition("@")[2]
    return FilingRule(sender, tuple(dict.fromkeys(common))[:2], record_id)

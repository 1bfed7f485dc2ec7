"""One message as the rules see it: what is cheap at once, what costs only when a rule asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache

from agent.judging.forwards import inner_message
from agent.judging.languages import languages_of
from agent.judging.lexicon import Hit, Lexicon, load, words_in
from crm_model.links import Verdict
from crm_model.mail import Direction, Message
from crm_model.organisation import Organisation
from sync.free_mail import is_free
from sync.quotes import TextParts, split_text

TEXT_LIMIT = 20_000  # characters that judging reads: what asks for something asks for it early
WRITTEN_LIMIT = 4_000
SIGNATURE_LIMIT = 1_500
_LEXICA = (
    *("enquiry", "asking", "noise", "selling", "fraud", "people", "trouble", "grievance", "other", "dealings"),
    *("lexemes", "machine", "machines", "services"),
)
_SIGNED = frozenset(("sales_title",))  # themes that stand under a letter, too
_CARD_LINE = 60
_GAP = re.compile(r"\n\s*\n")
_ANY_LANGUAGE = frozenset(("service", "spam", "automatic", "bounce"))
_PREFIX = re.compile(
    r"^\s*(?:(?:re|sv|vs|aw|r|rif|ref|antw|fwd?|fw|vb|i|tr|wg|rv|enc|отв|на|пер|пересл)(?:\[\d+\])?\s*:\s*)+", re.I
)
_REPLY = re.compile(r"^\s*(?:re|sv|vs|aw|r|rif|antw|rv|отв|на)(?:\[\d+\])?\s*:", re.I)


@dataclass(frozen=True, slots=True)
class JudgeContext:
    """What the store knows of a message that its text does not say.

    `reply_to_ours`: the thread answers a message that we sent. `known_person`: the sender is in the CRM.
    `submitted`: it lies where our own forms put what they brought.
    """

    direction: Direction
    reply_to_ours: bool
    known_person: bool
    submitted: bool = False


class Evidence:
    """A message with everything that the rules ask about it, each worked out once and not before it is asked."""

    def __init__(
        self,
        message: Message,
        organisation: Organisation,
        context: JudgeContext,
        judge_inner: Callable[[Message, Organisation], Verdict],
    ) -> None:
        self._judge_inner = judge_inner
        self._in_subject: dict[str, list[str]] = {}
        self._in_text: dict[str, list[str]] = {}
        self.message = message
        self.organisation = organisation
        self.context = context
        sender = message.from_
        self.sender = sender.email if sender else ""
        self.sender_name = sender.name if sender else ""
        self.from_us = bool(self.sender) and organisation.is_own(self.sender)

    def judge_again(self, message: Message) -> Verdict:
        """A message out of this one, judged as a stranger's."""
        return self._judge_inner(message, self.organisation)

    def seen_as(self, message: Message) -> Evidence:
        """A message out of this one, to be looked at in the same way."""
        stranger = JudgeContext(Direction.INCOMING, reply_to_ours=False, known_person=False)
        return Evidence(message, self.organisation, stranger, self._judge_inner)

    @cached_property
    def inner(self) -> Message | None:
        """The outside message that this one passes on."""
        return inner_message(self.message, self.organisation)

    def header(self, name: str) -> str:
        """A header's first value in lower case, "" if absent."""
        return self.message.header(name).strip().lower()

    @cached_property
    def local_part(self) -> str:
        return self.sender.partition("@")[0]

    @cached_property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]

    @cached_property
    def topic(self) -> str:
        """The subject without reply and forward prefixes."""
        return _PREFIX.sub("", self.message.subject[:500]).strip()

    @cached_property
    def is_reply(self) -> bool:
        """Whether the subject says that this is an answer; the thread may say otherwise."""
        return _REPLY.match(self.message.subject[:40]) is not None

    @cached_property
    def answers_us(self) -> bool:
        """Whether this answers a message of ours: the store says so, or the id that it names was made at our domain."""
        if self.context.reply_to_ours:
            return True
        ids = self.message.in_reply_to + self.message.references[-1:]
        return any(self.organisation.is_own(f"id@{name.rpartition('@')[2].lower()}") for name in ids if "@" in name)

    @cached_property
    def parts(self) -> TextParts:
        return split_text(self.message.text[:TEXT_LIMIT])

    @cached_property
    def written(self) -> str:
        """What the sender wrote now, signature included: of a long text the beginning."""
        return f"{self.parts.new[:WRITTEN_LIMIT]}\n{self.parts.signature[:SIGNATURE_LIMIT]}".strip()

    @cached_property
    def subject_words(self) -> tuple[str, ...]:
        return words_in(self.topic)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of `written`."""
        return words_in(self.parts.new[:WRITTEN_LIMIT]) + words_in(self.parts.signature[:SIGNATURE_LIMIT])

    @cached_property
    def _subject_hits(self) -> dict[str, list[Hit]]:
        return by_theme(load(*_LEXICA).find(self.subject_words))

    @cached_property
    def _text_hits(self) -> dict[str, list[Hit]]:
        hits = load(*_LEXICA).find(self.words)
        languages = self.languages
        if languages:
            hits = [hit for hit in hits if hit.language in languages or hit.theme in _ANY_LANGUAGE]
        return by_theme(hits)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that the text may be in; none if it tells too little."""
        return languages_of(self.words)

    @cached_property
    def _own_services(self) -> list[str]:
        lexicon = service_lexicon(self.organisation.services)
        return [hit.phrase for hit in lexicon.find(self.subject_words) + lexicon.find(self.words[: self._body_words])]

    @property
    def subject_themes(self) -> Set[str]:
        """The themes of the subject."""
        return self._subject_hits.keys()

    @property
    def themes(self) -> Set[str]:
        """The themes of subject and text."""
        return self._subject_hits.keys() | self._text_hits.keys()

    def in_subject(self, theme: str) -> list[str]:
        """The different phrases of a theme in the subject."""
        found = self._in_subject.get(theme)
        if found is None:
            found = self._in_subject[theme] = distinct(self._subject_hits.get(theme, []))
        return found

    def in_text(self, theme: str) -> list[str]:
        """The different phrases of a theme in what the sender wrote now, above name and address."""
        found = self._in_text.get(theme)
        if found is None:
            hits = self._text_hits.get(theme, [])
            if theme not in _SIGNED:
                hits = [hit for hit in hits if hit.first < self._body_words]
            found = self._in_text[theme] = distinct(hits)
        return found

    @cached_property
    def _body_words(self) -> int:
        """How many words stand above the lines with name, company and numbers."""
        letter, card = card_cut(self.parts.new[:WRITTEN_LIMIT])
        if not letter:
            return len(self.words)
        return len(self.words) - len(words_in(card)) - len(words_in(self.parts.signature[:SIGNATURE_LIMIT]))

    def hits(self, theme: str) -> list[Hit]:
        """The places of a theme in what the sender wrote now."""
        return self._text_hits.get(theme, [])

    def subject_hits(self, theme: str) -> list[Hit]:
        """The places of a theme in the subject."""
        return self._subject_hits.get(theme, [])

    def said(self, theme: str) -> list[str]:
        """The different phrases of a theme in subject and text."""
        return list(dict.fromkeys(self.in_subject(theme) + self.in_text(theme)))

    @cached_property
    def services(self) -> list[str]:
        """Phrases that name something that we sell."""
        return list(dict.fromkeys(self.said("service") + self._own_services))

    @cached_property
    def is_free_mail(self) -> bool:
        return is_free(self.domain)

    def ours_only(self) -> bool:
        """Whether every recipient is one of us; true without any."""
        return all(self.organisation.is_own(person.email) for person in self.message.recipients if person.email)


def card_cut(text: str) -> tuple[str, str]:
    """A letter, and its last paragraphs of short lines that are no sentences: names, titles, numbers."""
    text = text.rstrip()
    end = len(text)
    for gap in reversed(list(_GAP.finditer(text))):
        if not _is_card(text[gap.end() : end]):
            break
        end = gap.start()
    return text[:end], text[end:]


def _is_card(block: str) -> bool:
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    return all(len(line) <= _CARD_LINE and line[-1] not in ".?!:" for line in lines)


def by_theme(hits: list[Hit]) -> dict[str, list[Hit]]:
    """Hits sorted into their themes, the text's order kept."""
    found: dict[str, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.theme, []).append(hit)
    return found


def distinct(hits: list[Hit]) -> list[str]:
    """Each place once: of phrases that share a word only the longest counts."""
    if len(hits) <= 1:
        return [hit.phrase for hit in hits]
    kept: list[Hit] = []
    taken: set[int] = set()
    for hit in sorted(hits, key=lambda hit: (hit.first - hit.last, hit.first)):
        places = range(hit.first, hit.last + 1)
        if taken.isdisjoint(places):
            kept.append(hit)
            taken.update(places)
    return list(dict.fromkeys(hit.phrase for hit in sorted(kept, key=lambda hit: hit.first)))


@lru_cache(maxsize=16)
def service_lexicon(services: tuple[str, ...]) -> Lexicon:
    """What the organisation says it sells, as phrases."""
    return Lexicon(("service", "", name) for name in services if name.strip())

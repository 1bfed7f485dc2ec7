"""One message as the linking rules see it: its counterpart, what it names, which records may be meant."""

from __future__ import annotations

import re
from functools import cached_property

from agent.judging.evidence import WRITTEN_LIMIT
from agent.judging.forwards import inner_message
from agent.judging.lexicon import load, words_in
from agent.linking.deal_words import Telling, telling
from agent.linking.view import LinkView
from crm_model.links import Candidate, Verdict, VerdictKind
from crm_model.mail import Address, Message
from crm_model.organisation import Organisation
from crm_model.records import KnownRecord, RecordKind
from crm_model.safe_text import safe_line
from sync.filing import folded_words
from sync.quotes import TextParts, split_text

_TEXT_LIMIT = 20_000
_WORDS_LIMIT = 6_000
_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_MOST_OTHERS = 12
_MACHINE_MADE = frozenset((VerdictKind.NOTIFICATION, VerdictKind.WEB_FORM))


class Case:
    """A message, its verdict and the records around it; look-ups are made once and only when a rule asks.

    `person` and `account` are what the first rules found; the later ones start from them.
    """

    def __init__(self, message: Message, verdict: Verdict, view: LinkView, organisation: Organisation) -> None:
        self.message = message
        self.verdict = verdict
        self.view = view
        self.organisation = organisation
        self.person: Candidate | None = None
        self.account: Candidate | None = None

    @property
    def sender(self) -> str:
        return self.message.from_.email if self.message.from_ else ""

    @cached_property
    def from_us(self) -> bool:
        return bool(self.sender) and self.organisation.is_own(self.sender)

    @cached_property
    def passed_on(self) -> Message | None:
        """The outside message that a colleague forwards."""
        people = (person.email for person in self.message.recipients if person.email)
        inside = self.from_us and all(self.organisation.is_own(email) for email in people)
        return inner_message(self.message, self.organisation) if inside else None

    @cached_property
    def said_by(self) -> Message:
        """The message whose text counts: the forwarded one for a forward."""
        return self.passed_on or self.message

    @cached_property
    def counterparts(self) -> tuple[str, ...]:
        """Addresses of the person outside that this mail is with, the likeliest first."""
        stated = self.verdict.fields.get("email")
        if self.verdict.submitted is not None:
            return (str(stated),) if stated else ()
        if self.verdict.kind in _MACHINE_MADE or (stated and self.verdict.kind is VerdictKind.FORWARDED_ENQUIRY):
            named = [str(stated)] if stated else []
            return tuple(
                dict.fromkeys(named + self._replies() + ([] if self.from_us else [self.sender]) + self._written())
            )
        if self.passed_on is not None:
            author = self.passed_on.from_
            return (author.email,) if author and author.email else ()
        if self.from_us:
            people = self.message.to or ()
            return self._outside((*people, *self.message.cc, *self.message.bcc))
        return tuple(email for email in (self.sender, *self._replies()) if email)

    def _replies(self) -> list[str]:
        return [item.email for item in self.message.reply_to if item.email and not self.organisation.is_own(item.email)]

    def _written(self) -> list[str]:
        """Addresses in the text of a machine's mail: it names whom it is about."""
        found = (match.group().lower().strip(".'-") for match in _EMAIL.finditer(self.message.text[:4000]))
        return [email for email in found if not self.organisation.is_own(email)][:5]

    def _outside(self, people: tuple[Address, ...]) -> tuple[str, ...]:
        emails = (person.email for person in people if person.email and not self.organisation.is_own(person.email))
        return tuple(dict.fromkeys(emails))[:_MOST_OTHERS]

    @cached_property
    def domain(self) -> str:
        """The mail domain of the counterpart; "" where a machine only names people."""
        if not self.counterparts or self.verdict.kind is VerdictKind.NOTIFICATION:
            return ""
        return self.counterparts[0].rpartition("@")[2]

    @cached_property
    def others(self) -> tuple[str, ...]:
        """Other people outside on the mail."""
        return tuple(email for email in self._outside(self.message.recipients) if email not in self.counterparts[:1])

    @cached_property
    def parts(self) -> TextParts:
        return split_text(self.said_by.text[:_TEXT_LIMIT])

    @cached_property
    def subject_words(self) -> tuple[str, ...]:
        return words_in(self.said_by.subject[:500] if self.passed_on else self.message.subject[:500])

    @cached_property
    def text_words(self) -> tuple[str, ...]:
        names = " ".join(item.name[:100] for item in self.message.attachments[:20])
        new = self.parts.new
        return words_in(new[:WRITTEN_LIMIT]) + words_in(new[WRITTEN_LIMIT:_WORDS_LIMIT]) + words_in(names)

    @cached_property
    def subject_telling(self) -> Telling:
        """The subject's words that can name a deal."""
        return telling(self.subject_words)

    @cached_property
    def text_telling(self) -> Telling:
        """The text's words that can name a deal."""
        return telling(self.text_words)

    @cached_property
    def filing_words(self) -> frozenset[str]:
        """Folded words of subject, new text and attachment names, as filing rules compare them."""
        names = " ".join(item.name[:100] for item in self.message.attachments[:20])
        return frozenset(folded_words(f"{self.said_by.subject[:500]}\n{self.parts.new[:_WORDS_LIMIT]}\n{names}"))

    @cached_property
    def services(self) -> list[str]:
        """Folded words of subject and text that name a service."""
        lexicon = load("services")
        found = []
        for words in (self.subject_words, self.text_words):
            found += [words[hit.first] for hit in lexicon.find(words) if hit.theme == "service"]
        return found

    @cached_property
    def person_record(self) -> KnownRecord | None:
        return self.view.record(self.person.record_id) if self.person else None

    @cached_property
    def deals(self) -> tuple[KnownRecord, ...]:
        """Open deals that this mail may be about: of the person, the account, its subsidiaries, the people in copy."""
        found: list[KnownRecord] = []
        if self.person_record is not None:
            found += self.view.opportunities_of_person(self.person_record.id)
        accounts = [self.account.record_id] if self.account else []
        if accounts:
            accounts += self.view.child_accounts(accounts[0])[:_MOST_OTHERS]
        for email in self.others[:_MOST_OTHERS]:
            accounts += [item.account_id for item in self.view.records_by_email(email) if item.account_id is not None]
        for account_id in dict.fromkeys(accounts):
            found += self.view.open_opportunities(account_id)
        return tuple({deal.id: deal for deal in found if deal.is_open}.values())

    @cached_property
    def thread_deals(self) -> tuple[KnownRecord, ...]:
        """Deals that the thread is linked to, closed ones too."""
        linked = (self.view.record(record_id) for record_id in self.view.thread_links())
        return tuple(item for item in linked if item is not None and item.kind is RecordKind.OPPORTUNITY)


def titled(record: KnownRecord) -> str:
    """A record's title as one safe line for reasons."""
    return safe_line(record.title)[:80]

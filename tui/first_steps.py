"""What a first run asks, page by page, and what it needs of the program around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tui.words import mark


class Page(StrEnum):
    """In the order in which they are asked; the last one shows what would be done with the newest mail."""

    PERSON = "person"
    MAILBOX = "mailbox"
    CRM = "crm"
    PRIVACY = "privacy"
    LOOK = "look"


TITLES = {
    Page.PERSON: mark("Who are you?"),
    Page.MAILBOX: mark("Where is your mail?"),
    Page.CRM: mark("Which CRM do you use?"),
    Page.PRIVACY: mark("What may leave this machine?"),
    Page.LOOK: mark("What would happen with your newest mail"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to answer. `choices` are (value, words), () where it is typed; `secret` is typed unseen."""

    name: str
    label: str
    value: str = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    secret: bool = False


Answers = Mapping[str, str]
"""By page and name of the question: "mailbox.host"."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What would be done with a mail: who wrote, about what, and the outcome in words."""

    sender: str
    subject: str
    outcome: str


class FirstSteps(Protocol):
    """The program around the pages. Every call may take a moment. Errors: HitchpostError with the mend."""

    def questions(self, page: Page, answers: Answers) -> Sequence[Question]:
        """What a page asks, as far as the answers before decide; the choice of a kind comes first."""
        ...

    def check(self, page: Page, answers: Answers) -> Sequence[str]:
        """Whether the answers of this page work: sign in, count. What was found, in lines."""
        ...

    def look(self, answers: Answers) -> Sequence[Looked]:
        """What would be done with the newest mail; nothing is written anywhere."""
        ...

    def finish(self, answers: Answers) -> None:
        """Keep the secrets, write the configuration."""
        ...


def asked_pages(answers: Answers) -> tuple[Page, ...]:
    """The pages of this run: without a mailbox there is no mail to look at."""
    return tuple(page for page in Page if page is not Page.LOOK or answers.get("mailbox.kind") != "")


def missing(questions: Sequence[Question], page: Page, answers: Answers) -> Question | None:
    """The first question that must be answered and is not."""
    return next((each for each in questions if each.required and not answers.get(f"{page}.{each.name}")), None)

"""A step that can be taken with a conversation, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class StepKind(StrEnum):
    ACCEPT_LEAD = "accept_lead"
    LINK = "link"
    REJECT = "reject"
    SETTLE = "settle"
    TASK_DONE = "task_done"
    REPLY = "reply"
    WRITE = "write"
    ADD_OFFER = "add_offer"
    NEXT_TOUCH = "next_touch"
    TAKE_UP = "take_up"
    FIND_RECORD = "find_record"
    MAKE_LEAD = "make_lead"
    ARCHIVE = "archive"
    BRING_BACK = "bring_back"
    MEND_MAIL = "mend_mail"


@dataclass(frozen=True, slots=True)
class Step:
    """`weight` from 0 to 1 orders steps; `reason` is one line for a person.

    `about` names what the step is about, `about_id` is its id: the record to link, the conflict, task or offer, or the
    mail of the outbox.
    `on` is the day of a next touch.
    """

    kind: StepKind
    weight: float
    reason: str
    about: str = ""
    about_id: int = 0
    on: date | None = None

"""One submission from the wire to the spool: who may send, whether it is whole, kept before anybody is thanked.

known sender? (ticket | origin) -> pace -> checks -> files and event on the disk -> thank you
                no: the form again, with what was typed, so that a person loses nothing
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import BinaryIO, Protocol

from agent.web_forms.checking import Checked, GoodFile, check
from agent.web_forms.pace import Pace
from agent.web_forms.texts import say
from agent.web_forms.tickets import Ticket, Tickets
from agent.web_forms.uploads import Upload
from crm_model.errors import TryLater
from crm_model.safe_text import safe_line
from crm_model.web_events import Confirmation, Submission, UploadedFile, WebEvent
from crm_model.web_forms import TRAP, WebForm

_LEAST = timedelta(seconds=2)
"""No person fills in a form in less, a program that fills in names for one included."""

_LONGEST_PAGE = 500


class Spool(Protocol):
    """Where what was heard is kept; durable when a call returns. Errors: TryLater."""

    def keep_for_sure(self, event: WebEvent, /) -> None: ...

    def keep_blob(self, stream: BinaryIO, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """A filled form as it came. `origin` is the other site that sent it, "" for our own page and for programs.

    `ticket` is its hidden field, `key` an idempotency key of a program; `network` as in `Hit.network`.
    """

    values: Mapping[str, str]
    files: Mapping[str, Sequence[Upload]] = field(default_factory=dict)
    ticket: str = ""
    key: str = ""
    origin: str = ""
    network: str = ""
    language: str = "en"
    page: str = ""


class Outcome(Enum):
    """What came of it; the value is the HTTP status."""

    TAKEN = 200
    WRONG = 422
    UNCHECKED = 403
    TOO_MANY = 429
    AWAY = 503


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell: `problems` by field, `remark` about all of it; `wait_minutes` with TOO_MANY."""

    outcome: Outcome
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
    wait_minutes: int = 0


class Reception:
    """Takes submissions for all threads of a process. `key` is the outpost's own, at least 16 bytes."""

    def __init__(
        self, spool: Spool, key: bytes, pace: Pace, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._spool, self._now = spool, now
        self.tickets = Tickets(key)
        self._pace = pace

    def close(self) -> None:
        """Harmless twice."""
        self._pace.close()

    def ticket(self, form: WebForm) -> str:
        """A ticket for a form that is shown now."""
        return self.tickets.issue(form.name, self._now())

    def is_good_ticket(self, form: WebForm, ticket: str) -> bool:
        """Whether this one can be used (again)."""
        return self.tickets.read(form.name, ticket, self._now()) is not None

    def receive(self, form: WebForm, sent: Sent, *, is_program: bool = False) -> Answer:
        """Never raises for whatever was sent. `is_program`: no browser was made to send this."""
        now = self._now()
        ticket = self.tickets.read(form.name, sent.ticket, now) if sent.ticket else None
        checked = check(form, sent.values, sent.files, sent.language)
        doubt = "" if is_program else self._doubt(form, sent, ticket, now)
        if doubt:
            return Answer(Outcome.UNCHECKED, dict(sent.values), checked.problems, say(sent.language, doubt))
        if checked.problems:
            return Answer(Outcome.WRONG, dict(sent.values), checked.problems)
        return self._keep(form, sent, checked, now)

    def confirm(self, submission: str) -> bool:
        """Whether this is a submission of ours that is confirmed now. Errors: TryLater."""
        if not self.tickets.is_submission(submission):
            return False
        digest = hashlib.sha256(submission.encode()).hexdigest()[:32]
        self._spool.keep_for_sure(Confirmation(f"confirm-{digest}", self._now(), submission))
        return True

    def _doubt(self, form: WebForm, sent: Sent, ticket: Ticket | None, now: datetime) -> str:
        """Why it is not taken as it is, "" if nothing is wrong: a ticket of ours, or a page that may embed the form."""
        if ticket is not None:
            if sent.origin not in ("", "null", *form.origins):
                return "problem_unchecked"
            return "problem_too_fast" if now - ticket.issued_at < _LEAST else ""
        return "" if sent.origin in form.origins else "problem_unchecked"

    def _keep(self, form: WebForm, sent: Sent, checked: Checked, now: datetime) -> Answer:
        minutes = self._pace.wait_minutes(form.name, sent.network, form.per_hour, now.timestamp())
        if minutes:
            remark = say(sent.language, "problem_too_many", minutes=minutes)
            return Answer(Outcome.TOO_MANY, dict(sent.values), {}, remark, minutes)
        # The same answers again on the same day, by another click or the way back, are the same submission.
        nonce = sent.key or f"{now:%Y-%m-%d}"
        submission_id = self.tickets.submission_id(form.name, nonce, _digest(checked))
        try:
            self._spool.keep_for_sure(self._event(form, sent, checked, submission_id, now))
        except TryLater:
            return Answer(Outcome.AWAY, dict(sent.values), {}, say(sent.language, "problem_away"))
        return Answer(Outcome.TAKEN)

    def _event(self, form: WebForm, sent: Sent, checked: Checked, submission_id: str, now: datetime) -> Submission:
        values = dict(checked.values)
        trapped = sent.values.get(TRAP, "").strip()
        if trapped:  # kept, for a person's browser may have filled it in; the agent holds it for spam
            values[TRAP] = safe_line(trapped)[:100]
        return Submission(
            id=submission_id,
            at=now,
            form=form.name,
            values=values,
            language=sent.language,
            files=tuple(self._keep_file(each) for each in checked.files),
            waits_for_confirmation=form.double_opt_in,
            page=safe_line(sent.page)[:_LONGEST_PAGE],
        )

    def _keep_file(self, file: GoodFile) -> UploadedFile:
        file.upload.stream.seek(0)
        blob = self._spool.keep_blob(file.upload.stream)
        return UploadedFile(blob, file.name, file.content_type, file.upload.size)


def _digest(checked: Checked) -> bytes:
    """The same for the same answers and files."""
    digest = hashlib.sha256()
    for name, value in sorted(checked.values.items()):
        part = f"{name}\0{value}".encode()
        digest.update(len(part).to_bytes(8, "big") + part)
    for file in checked.files:
        named = file.name.encode()
        digest.update(b"file" + len(named).to_bytes(8, "big") + named + file.upload.size.to_bytes(8, "big"))
        file.upload.stream.seek(0)
        while part := file.upload.stream.read(65_536):
            digest.update(part)
    return digest.digest()

"""What the outpost heard of forms, taken: each submission once, wherever the agent is killed.

    Submission ── files and message on the disk ──> new/      (the mail account of the forms reads it there)
                         double opt-in ──> waiting/ ── mail with a link ── Confirmation ──> new/
                                               └── nobody confirms ──> deleted

What lies on the disk lies there before the collector's transaction ends; should that be lost, the same event comes
again and finds it done.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from agent.intake.confirming import ask_to_confirm
from agent.intake.envelope import write_message
from agent.intake.writing import digest_of, envelope_of, name_of
from crm_model.errors import NotFound
from crm_model.tracking import ConsentState, Purpose
from crm_model.web_events import Confirmation, Submission, pack_event, unpack_event
from crm_model.web_forms import FormRules, WebForm
from sync.composing.draft import Desk
from sync.mailboxes.web_forms.place import Name, SubmissionPlace
from sync.store import consents
from sync.store.consents import Consent
from sync.store.database import Unit

_log = logging.getLogger(__name__)

_PURPOSES = {"mail": (Purpose.MAIL,), "tracking": (Purpose.OPEN, Purpose.CLICK)}
_FIRST_FILE_PART = 2
_MOST_ASKED = 3
_ASKED_WITHIN = timedelta(hours=24)
"""Nobody's address is sent more links than this within it, whoever types it into our forms."""


class FormIntake:
    """Takes submissions for the forms of the configuration."""

    def __init__(self, forms: Sequence[FormRules], place: SubmissionPlace, desk: Desk) -> None:
        self._forms = {each.form.name: each for each in forms}
        self._place, self._desk = place, desk

    def take(self, unit: Unit, submission: Submission, files: Mapping[str, bytes]) -> None:
        """Keep a submission with the bytes of its files by blob; those that the outpost lost are left out.

        On the disk when it returns, whether or not the transaction is then lost. Errors: TryLater.
        """
        rules = self._rules(submission.form)
        held = [file for file in submission.files if file.blob in files]
        name = name_of(submission, rules.form)
        message = write_message(envelope_of(submission, rules, held, lost=len(submission.files) - len(held)))
        contents = {str(_FIRST_FILE_PART + place): files[file.blob] for place, file in enumerate(held)}
        waits = submission.waits_for_confirmation
        self._place.keep(name, message, contents, json.dumps(pack_event(submission)).encode(), waiting=waits)
        if waits:
            self._ask(unit, submission, rules, name)
        else:
            self._remember_consents(unit, submission, rules)

    def confirm(self, unit: Unit, confirmation: Confirmation) -> None:
        """Let a waiting submission in; one that nobody knows (any more) is none."""
        name = self._place.confirm(digest_of(confirmation.submission))
        submission = self._told(name) if name is not None else None
        if submission is None:
            _log.info("confirmation_of_nothing")
        elif submission.waits_for_confirmation:
            self._remember_consents(unit, submission, self._rules(submission.form), confirmed=True)

    def expire(self, now: datetime) -> int:
        """Forget what nobody confirmed in time; how many those were."""
        late = [name for name in self._place.waiting() if name.at < now - self._patience(name)]
        for name in late:
            self._place.drop_waiting(name)
        return len(late)

    def _patience(self, name: Name) -> timedelta:
        submission = self._told(name)
        return timedelta(days=self._rules(submission.form).confirm_days if submission else 0)

    def _told(self, name: Name) -> Submission | None:
        """What the outpost said of a submission that is here."""
        try:
            event = unpack_event(json.loads(self._place.read_event(name)))
        except (NotFound, ValueError):
            return None
        return event if isinstance(event, Submission) else None

    def _rules(self, form: str) -> FormRules:
        """The form's rules; one that left the configuration meanwhile still brings what people sent."""
        return self._forms.get(form) or FormRules(WebForm(form, form), leads="suggest")

    def _ask(self, unit: Unit, submission: Submission, rules: FormRules, name: Name) -> None:
        asked = [each for each in self._place.waiting() if each.person == name.person and each.digest != name.digest]
        if sum(each.at > submission.at - _ASKED_WITHIN for each in asked) >= _MOST_ASKED:
            _log.warning("confirmations_held_back", extra={"form": rules.form.name})
            return
        ask_to_confirm(unit, self._desk, rules, submission, name)

    def _remember_consents(
        self, unit: Unit, submission: Submission, rules: FormRules, *, confirmed: bool = False
    ) -> None:
        address = submission.values.get(rules.form.meaning("email"), "").lower()
        new = [
            Consent(
                address=address,
                purpose=purpose,
                state=ConsentState.GIVEN,
                source=f"form {rules.form.name}{', confirmed by mail' if confirmed else ''}",
                at=submission.at,
                text_version=f"{box.name} {submission.values[box.name]}",
                event=submission.id,
            )
            for box in rules.form.consents
            if address and box.name in submission.values
            for purpose in _PURPOSES.get(box.to, ())
        ]
        if new:
            consents.add(unit, new)

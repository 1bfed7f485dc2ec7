"""The forms' part in the round with the outpost: what it is to show, and who takes what it heard of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.intake.arrival import FormIntake
from agent.tracking.collecting import Arrived, Takers
from crm_model.web_events import Confirmation, Submission
from crm_model.web_forms import FormRules, pack_form, page_of
from sync.mailboxes.web_forms.place import SubmissionPlace
from sync.settings import WEB_FORMS, Settings
from sync.store.database import Unit


def form_pages(settings: Settings) -> dict[str, Mapping[str, Any]]:
    """What the outpost shows of forms, by the names of its pages."""
    return {page_of(rules.form.name): pack_form(rules.form) for rules in settings.forms}


def form_intake(settings: Settings, others: Sequence[FormRules] = ()) -> FormIntake | None:
    """Who takes submissions, of `others` too; None where there is no form and never was a place for what one brings."""
    account = next((each for each in settings.mail_accounts if each.kind == WEB_FORMS), None)
    if account is None:
        return None
    return FormIntake((*settings.forms, *others), SubmissionPlace(Path(account.text("path"))), settings.desk)


def form_takers(intake: FormIntake) -> Takers:
    """Who takes which events of forms."""

    def submission(unit: Unit, arrived: Arrived, _now: datetime) -> None:
        if isinstance(arrived.event, Submission):
            intake.take(unit, arrived.event, arrived.files)

    def confirmation(unit: Unit, arrived: Arrived, _now: datetime) -> None:
        if isinstance(arrived.event, Confirmation):
            intake.confirm(unit, arrived.event)

    return {Submission: submission, Confirmation: confirmation}
